import { lockDevice } from "../../energy-db/index.ts";

/** Run as a program: holds the device named by its arguments until killed, and says so on stdout. */
const [folder = "", device = "", fingerprint = ""] = process.argv.slice(2);
lockDevice({ device, fingerprint }, { purpose: "profile of lenet into other.db", folder });
process.stdout.write("held\n");
setInterval(() => {}, 1000);
