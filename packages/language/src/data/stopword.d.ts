// Lists of words by language; the library has no types of its own.
declare module "stopword";
