import Graphs
import Images
import Support
import Tensors

extension ConformanceCase {
  /// Whole networks against the reference.
  static let networks = [
    ConformanceCase("a small network of everything, each layer alone") { engine, findings in
      let network = try SmallNetwork.network()
      let check = try ReferenceCheck(network, image: SmallNetwork.image)
      for layer in network.layers { try check.run(engine, layers: [layer.name], &findings) }
    },
    ConformanceCase("a small network of everything, all layers") { engine, findings in
      let network = try SmallNetwork.network()
      try ReferenceCheck(network, image: SmallNetwork.image).run(engine, layers: ["all"], &findings)
    },
    ConformanceCase("a network of elements, each layer alone, all and none") { engine, findings in
      let network = try ElementNetwork.network()
      let check = try ReferenceCheck(network)
      for layers in [[], ["all"]] + network.layers.map({ [$0.name] }) {
        try check.run(engine, layers: layers, &findings)
      }
    },
    ConformanceCase("blue first, up to 255") { engine, findings in
      let network = try Network(
        SmallNetwork.builder.graph(name: "small", lastLayer: "fused.relu"),
        normalisation: Normalisation(
          mean: [91, 103, 131], standardDeviation: [50, 60, 70], channels: .bgr, range: 255),
        weights: SmallNetwork.tensors())
      try ReferenceCheck(network, image: SmallNetwork.image).run(engine, layers: ["last"], &findings)
    },
    ConformanceCase("an image of one channel that is not square") { engine, findings in
      var b = GraphBuilder(input: [1, 10, 14])
      var x = b.relu("relu1", b.convolution("conv1", b.image(), channels: 6, kernel: 3, stride: 2, padding: 1))
      x = b.relu("relu2", b.convolution("conv2", x, channels: 8, kernelHeight: 3, kernelWidth: 1))
      _ = b.linear("fc", b.adaptiveAveragePooling("pool", x, size: 1), features: 3)
      let network = try Network(
        b.graph(name: "narrow", lastLayer: "relu2"),
        normalisation: Normalisation(mean: [0.5], standardDeviation: [0.25]), weights: randomTensors(b.tensors))
      try ReferenceCheck(network).run(engine, layers: ["all"], &findings)
    },
    ConformanceCase("class maps that are averaged last") { engine, findings in
      var b = GraphBuilder(width: 1, inputSize: 8)
      let x = b.relu("relu1", b.convolution("conv1", b.image(), channels: 6, kernel: 3, padding: 1))
      let y = b.relu("relu2", b.convolution("conv2", x, channels: 5, kernel: 1, bias: true))
      _ = b.adaptiveAveragePooling("pool", y, size: 1)
      let network = try Network(
        b.graph(name: "class maps", lastLayer: "relu2"),
        normalisation: Normalisation(mean: [0.5, 0.5, 0.5], standardDeviation: [0.5, 0.5, 0.5]),
        weights: randomTensors(b.tensors))
      try ReferenceCheck(network).run(engine, layers: ["all"], &findings)
    },
  ]
}
