import { median, medianAbsoluteDeviation, quantile } from "simple-statistics";

export { median, medianAbsoluteDeviation, quantile };
