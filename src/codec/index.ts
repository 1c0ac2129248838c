/**
 * cotcp/codec: messages on a stream of bytes.
 *
 * @packageDocumentation
 */
export type {Codec} from './codec.js';
export {FramedConnection} from './framed.js';
export {InputBuffer} from './input-buffer.js';
