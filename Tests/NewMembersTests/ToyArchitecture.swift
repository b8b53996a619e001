import Architectures
import Graphs
import Images

extension Architecture {
  /// Two convolutions and a classifier: one more architecture is this file and one line where it is registered.
  static let pair = Architecture(
    "pair", title: "Pair of convolutions", inputSize: 40, resizeForCrop: 48, lastLayer: "second.relu",
    forms: [(.standard, Normalisation(mean: [0.5, 0.5, 0.5], standardDeviation: [1, 1, 1]))],
    widthProbes: (["second.weight"], 16)
  ) { b, sizes, _ in
    var x = b.image()
    x = b.convolution("first", x, channels: 8, kernel: 3, stride: 2, padding: 1, bias: true)
    x = b.relu("first.relu", x)
    x = b.convolution("second", x, channels: 16, kernel: 3, stride: 2, padding: 1, bias: true)
    x = b.relu("second.relu", x)
    x = b.adaptiveAveragePooling("pool", x, size: 1)
    _ = b.linear("fc", x, features: sizes.classes)
  }
}
