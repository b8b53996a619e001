import Figures
import Results

/// How a table names the three readings of the paper's VID.
enum VIDReading: String, Sendable, Hashable, CaseIterable {
  case perImage = "per-image"
  case ofMOD = "vid-of-mod"
  case pooled = "vid-pooled"

  /// What columns and captions call it.
  var title: String {
    switch self {
    case .perImage: "per image"
    case .ofMOD: "of MOD"
    case .pooled: "pooled"
    }
  }

  func estimate(_ summary: SeriesSummary) -> Estimate {
    switch self {
    case .perImage: summary.vid
    case .ofMOD: summary.vidOfMOD
    case .pooled: summary.vidPooled
    }
  }

  /// Over the images none of whose maps is dead.
  func estimateWithoutDead(_ summary: SeriesSummary) -> Estimate {
    switch self {
    case .perImage: summary.vidWithoutDead ?? summary.vid
    case .ofMOD: summary.vidOfMODWithoutDead ?? summary.vidOfMOD
    case .pooled: summary.vidPooledWithoutDead ?? summary.vidPooled
    }
  }

  /// Which levels VID is over, as a sentence behind others, where a table does not show that or there is only one.
  static func levels(of selection: Selection, _ context: CellContext) -> String {
    let own = Set(selection.summaries.map { $0.levels.map(\.epsilon) })
    if own.allSatisfy({ $0.count < 2 }) {
      return " There is a single attack level, over which nothing can vary: VID is –."
    }
    guard let levels = own.first, own.count == 1, levels != selection.epsilons else { return "" }
    return " VID is over all attack levels: ε\u{A0}=\u{A0}\(Values.list(levels.map(context.data.printed)))."
  }

  /// - Parameter measure: what drift is measured by.
  func meaning(_ measure: String) -> String {
    switch self {
    case .perImage:
      "the mean over images of the standard deviation of \(measure) over the attack levels"
    case .ofMOD: "the standard deviation of MOD over the attack levels"
    case .pooled: "the standard deviation of \(measure) over all images and attack levels"
    }
  }
}
