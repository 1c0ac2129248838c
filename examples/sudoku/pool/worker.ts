/** A thread of the pool. */
import {solve} from '../solver/solver.js';
import {runSolver} from './run-solver.js';

runSolver(solve);
