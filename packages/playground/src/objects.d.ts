/** Examples as what their readers make of them (vite.config.js). */
declare module "*?object" {
  const value: unknown;
  export default value;
}
