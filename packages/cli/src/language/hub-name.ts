/** How a model of the Hugging Face Hub is named; apart from what fetches it, so that a folder is used without loading that. */

export interface HubModel {
  /** `org/name` */
  readonly name: string;
  /** A branch, a tag or a commit */
  readonly revision: string;
  /** A file in the place of the repository's safetensors */
  readonly gguf?: string;
}

/** What `org/name`, `org/name@revision` and `org/name/file.gguf` name; undefined for a text that has another form. */
export function hubModelIn(given: string): HubModel | undefined {
  const part = String.raw`\w[\w.-]*`;
  const form = new RegExp(`^(${part}/${part})(?:@(${part}(?:/${part})*?))?(?:/(${part}\\.gguf))?$`);
  const [, name, revision = "main", gguf] = form.exec(given) ?? [];
  return name === undefined ? undefined : { name, revision, ...(gguf !== undefined && { gguf }) };
}
