/** Scenarios that can be compared at once; more lines in one chart cannot be told apart. */
export const MOST_SCENARIOS = 6;
