/** Where the solver keeps boards: one after the other in one array, each a copy of the one before it plus a guess. */

/** Per board: 9 digits x 3 bands of candidates, then 3 bands of cells that no digit has been fixed to yet. */
export const boardSize = 32;
/** Place of the first of the three. */
export const openCells = 27;
/** A guess fixes at least one cell. */
const mostBoards = 82;

/** Memory of one call of `solve`, which waits for nothing: there is never a second one. */
export const boards = new Int32Array(boardSize * mostBoards);
