import { localTransport } from "../../devices/transports/local.ts";
import { transportSuite } from "./transport-suite.ts";

transportSuite("local", () => localTransport());
