/** Generated from package.json by `npm run sync`. */
export const version = "0.1.0";
