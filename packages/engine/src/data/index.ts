/** Tables, and what turns them into arrays. */

export { type ColumnKind, columnKind, numberColumn } from "./columns.js";
export { type DecodedLabels, decodeLabels, decodeNumbers, type EncodedInputs, encodeInputs, encodeTarget, featureNames } from "./encode.js";
export { decodeIdx, type IdxArray, type IdxData, readIdx } from "./idx.js";
export { type JsonOptions, recordTable } from "./json-table.js";
export {
  type CategoryInput,
  type ColumnOptions,
  type ColumnPlan,
  learnPreprocessing,
  type MissingRule,
  type NumberInput,
  type Preprocessing,
  planColumns,
  type TargetCoding,
  type Task,
  type UnseenRule,
  usableRows,
} from "./preprocess.js";
export { parsePreprocessing } from "./preprocess-json.js";
export { decodeText, readTable, streamTable, type TableFormat, tableFormat, textBlocks } from "./read-table.js";
export { checkShares, type Split, type SplitShares, splitRows } from "./split.js";
export { columnIndex, isMissing, listed, type StreamedRow, type Table } from "./table.js";
