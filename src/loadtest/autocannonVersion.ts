/** The version whose private members autocannonGenerator uses; package.json pins it and a test holds the two together. */
export const autocannonVersion = "9.0.0";
