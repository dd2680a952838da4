/** Why a file gave no receipt, in words of the page. */

/** @typedef {{large: string, small: string, facts: [word: string, value: string][]}} Problem */

/** A picture or a document in which there is no receipt to verify. */
export class Unread extends Error {
  /**
   * @param {string} large what is the matter, as a key of WORDS
   * @param {string} small what to do next, as a key of WORDS
   * @param {[word: string, value: string][]} facts what was found instead
   */
  constructor(large, small, facts = []) {
    super(large);
    this.name = "Unread";
    /** @type {Problem} */
    this.problem = { large, small, facts };
  }
}
