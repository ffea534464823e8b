/** Text out of HTML: tags away, entities as the characters that they stand for. */

/** Names that texts on the web use; any other stays as it is, and is counted. Source: HTML standard, 13.5 Named character references. */
const NAMED: Readonly<Record<string, string>> = {
  ...{ amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0", shy: "\u00ad", ensp: "\u2002", emsp: "\u2003", thinsp: "\u2009" },
  ...{
    ndash: "–",
    mdash: "—",
    hellip: "…",
    bull: "•",
    middot: "·",
    lsquo: "‘",
    rsquo: "’",
    sbquo: "‚",
    ldquo: "“",
    rdquo: "”",
    bdquo: "„",
  },
  ...{ laquo: "«", raquo: "»", lsaquo: "‹", rsaquo: "›", iexcl: "¡", iquest: "¿", sect: "§", para: "¶", dagger: "†", Dagger: "‡" },
  ...{ cent: "¢", pound: "£", yen: "¥", euro: "€", copy: "©", reg: "®", trade: "™", deg: "°", plusmn: "±", times: "×", divide: "÷" },
  ...{ minus: "−", frac12: "½", frac14: "¼", frac34: "¾", sup1: "¹", sup2: "²", sup3: "³", micro: "µ", ordf: "ª", ordm: "º", permil: "‰" },
  ...{ larr: "←", uarr: "↑", rarr: "→", darr: "↓", harr: "↔", le: "≤", ge: "≥", ne: "≠", infin: "∞", asymp: "≈", radic: "√", sum: "∑" },
  ...{ agrave: "à", aacute: "á", acirc: "â", atilde: "ã", auml: "ä", aring: "å", aelig: "æ", ccedil: "ç", egrave: "è", eacute: "é" },
  ...{
    ecirc: "ê",
    euml: "ë",
    igrave: "ì",
    iacute: "í",
    icirc: "î",
    iuml: "ï",
    eth: "ð",
    ntilde: "ñ",
    ograve: "ò",
    oacute: "ó",
    ocirc: "ô",
  },
  ...{
    otilde: "õ",
    ouml: "ö",
    oslash: "ø",
    ugrave: "ù",
    uacute: "ú",
    ucirc: "û",
    uuml: "ü",
    yacute: "ý",
    thorn: "þ",
    yuml: "ÿ",
    szlig: "ß",
  },
  ...{ Agrave: "À", Aacute: "Á", Acirc: "Â", Atilde: "Ã", Auml: "Ä", Aring: "Å", AElig: "Æ", Ccedil: "Ç", Egrave: "È", Eacute: "É" },
  ...{
    Ecirc: "Ê",
    Euml: "Ë",
    Igrave: "Ì",
    Iacute: "Í",
    Icirc: "Î",
    Iuml: "Ï",
    ETH: "Ð",
    Ntilde: "Ñ",
    Ograve: "Ò",
    Oacute: "Ó",
    Ocirc: "Ô",
  },
  ...{
    Otilde: "Õ",
    Ouml: "Ö",
    Oslash: "Ø",
    Ugrave: "Ù",
    Uacute: "Ú",
    Ucirc: "Û",
    Uuml: "Ü",
    Yacute: "Ý",
    THORN: "Þ",
    OElig: "Œ",
    oelig: "œ",
  },
  ...{ alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ε", theta: "θ", lambda: "λ", mu: "μ", nu: "ν", pi: "π", rho: "ρ" },
  ...{
    sigma: "σ",
    tau: "τ",
    phi: "φ",
    chi: "χ",
    psi: "ψ",
    omega: "ω",
    Gamma: "Γ",
    Delta: "Δ",
    Lambda: "Λ",
    Sigma: "Σ",
    Phi: "Φ",
    Omega: "Ω",
  },
};

/** Elements inside a line of text; any other is a break in it. */
const INLINE = /^<\/?(?:a|abbr|b|bdi|bdo|cite|code|em|font|i|kbd|mark|q|s|small|span|strong|sub|sup|tt|u|var|wbr)\b/i;

/** Comments, scripts and styles with what they hold, then tags: `<` before a letter, so that "a < b" stays. */
export function withoutTags(text: string): string {
  return text
    .replace(/<!--.*?-->|<(script|style)\b[^>]*>.*?<\/\1\s*>/gis, " ")
    .replace(/<\/?[a-z][^<>]*>|<![a-z][^<>]*>/gi, (tag) => (INLINE.test(tag) ? "" : " "));
}

/** @returns the text, and how many names are unknown and stay as they are */
export function withoutEntities(text: string): { readonly text: string; readonly unknown: number } {
  let unknown = 0;
  const plain = text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]\w*));/gi, (entity, decimal, hexadecimal, name) => {
    const character =
      name !== undefined ? NAMED[name] : fromCode(decimal === undefined ? Number.parseInt(hexadecimal, 16) : Number(decimal));
    if (character === undefined) unknown++;
    return character ?? entity;
  });
  return { text: plain, unknown };
}

function fromCode(code: number): string | undefined {
  return code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? undefined : String.fromCodePoint(code);
}
