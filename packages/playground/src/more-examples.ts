/** The other theories to begin with. */
import curved from "../../../examples/cosmic-chronometers/curved-lcdm.yaml?object";
import curvedText from "../../../examples/cosmic-chronometers/curved-lcdm.yaml?raw";
import linear from "../../../examples/cosmic-chronometers/linear.yaml?object";
import linearText from "../../../examples/cosmic-chronometers/linear.yaml?raw";
import w0wa from "../../../examples/cosmic-chronometers/w0wa.yaml?object";
import w0waText from "../../../examples/cosmic-chronometers/w0wa.yaml?raw";
import bransDicke from "../../../examples/other-gravities/brans-dicke.yaml?object";
import bransDickeText from "../../../examples/other-gravities/brans-dicke.yaml?raw";
import dgp from "../../../examples/other-gravities/dgp.yaml?object";
import dgpText from "../../../examples/other-gravities/dgp.yaml?raw";

export const MORE = {
  curved: { text: curvedText, object: curved },
  w0wa: { text: w0waText, object: w0wa },
  linear: { text: linearText, object: linear },
  dgp: { text: dgpText, object: dgp },
  bransDicke: { text: bransDickeText, object: bransDicke },
};
