/**
 * cotcp/codec: messages on a stream of bytes.
 *
 * @packageDocumentation
 */
export type {Codec} from './codec.js';
export {compressed, type CompressedOptions} from './compressed.js';
export {delimiter} from './delimiter.js';
export {fixedLength} from './fixed-length.js';
export type {LengthLimits} from './frame-limits.js';
export {FramedConnection} from './framed.js';
export {InputBuffer} from './input-buffer.js';
export {lengthPrefixed, type LengthPrefixedOptions} from './length-prefixed.js';
export {lines, type LinesOptions} from './lines.js';
