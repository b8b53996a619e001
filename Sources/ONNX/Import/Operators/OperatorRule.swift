import Support

/// What an operator of the standard becomes.
///
/// - Returns: its outputs, fewer where the others are not computed.
typealias OperatorRule = @Sendable (Tracer, Application) throws(Problem) -> [Value]

/// The operators that are computed, by the standard's name. A family per file.
let operatorRules: [String: OperatorRule] =
  [
    activationRules, arithmeticRules, constantRules, convolutionRules, normalisationRules, poolingRules, productRules,
    rearrangementRules, reductionRules, resamplingRules, resizeRules,

  ].reduce(into: [:]) { $0.merge($1) { first, _ in first } }
