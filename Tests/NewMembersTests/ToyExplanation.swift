import Explanations
import Support
import Tensors

/// The mean of a layer's channels, whatever the class: one more explanation is this file and one line where it is
/// registered.
struct MeanActivation: Explanation {
  static let key = "mean-activation"
  static let title = "Mean activation"
  static let help = "The mean of the channels, cut at 0."
  static let unit = "in units of the activation"
  static let options: [DeclaredOption<MeanActivation>] = []

  var methods: String { "the mean of a layer’s channels, cut at 0" }

  func rawMap(
    activations: FeatureMaps, gradients: FeatureMaps, folding: ChannelFolding?
  ) throws(Problem) -> RawMap {
    let tensor = activations.tensor
    let area = activations.height * activations.width
    let values = (0..<area).map { place in
      max(0, (0..<activations.channels).reduce(Float(0)) { $0 + tensor.values[$1 * area + place] })
        / Float(activations.channels)
    }
    return RawMap(height: activations.height, width: activations.width, values: values)
  }
}
