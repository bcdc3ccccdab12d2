// Runs the program from source.
import '@pharmacist/tooling/loader';
