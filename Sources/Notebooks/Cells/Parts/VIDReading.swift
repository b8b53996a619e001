import Results

/// How a table names the three readings of the paper's VID.
enum VIDReading: String, Sendable, Hashable, CaseIterable {
  case perImage = "per-image"
  case ofMOD = "vid-of-mod"
  case pooled = "vid-pooled"

  func estimate(_ summary: SeriesSummary) -> Estimate {
    switch self {
    case .perImage: summary.vid
    case .ofMOD: summary.vidOfMOD
    case .pooled: summary.vidPooled
    }
  }

  /// - Parameter measure: what drift is measured by.
  func meaning(_ measure: String) -> String {
    switch self {
    case .perImage:
      "the mean over images of the standard deviation of \(measure) over the attack levels (read per image)"
    case .ofMOD: "the standard deviation of MOD over the attack levels (vid-of-mod)"
    case .pooled: "the standard deviation of \(measure) over all images and attack levels (vid-pooled)"
    }
  }
}
