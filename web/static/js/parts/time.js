/** Times as people read them: Beijing's, wherever the reader is. */
const BEIJING = 8 * 3600 * 1000;

/** @param {string} at a time as the platform writes it, UTC @returns {string} `2026-12-01 09:00:00`, as the server writes it */
export const beijing = (at) => new Date(Date.parse(at) + BEIJING).toISOString().slice(0, 19).replace("T", " ");
