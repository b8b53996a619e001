import Networks
import Support
import Tensors
import Testing
import Weights

/// NaN that an engine hides is found where it arises.
@Suite struct NumberCheckTests {
  /// Two convolutions of 1 x 1 with a ReLU each: with a great gain both channels of the first overflow to infinity, the
  /// second subtracts infinity from infinity, and its ReLU makes 0 of the NaN.
  private func network(gain: Float) throws -> Network {
    var builder = NetworkBuilder(width: 1, inputSize: 4)
    let image = builder.image()
    let first = builder.relu("first.relu", builder.convolution("first", image, channels: 2, kernel: 1))
    let second = builder.relu("second.relu", builder.convolution("second", first, channels: 1, kernel: 1))
    let pooled = builder.adaptiveAveragePooling("pool", second, size: 1)
    _ = builder.linear("fc", pooled, features: 2)
    let weights = DictionaryTensors([
      "first.weight": Tensor(shape: [2, 3, 1, 1], values: [gain, gain, 0, gain, gain, 0]),
      "second.weight": Tensor(shape: [1, 2, 1, 1], values: [1, -1]),
      "fc.weight": Tensor(shape: [2, 1], values: [1, 2]), "fc.bias": Tensor(shape: [2], values: [0.5, 1]),
    ])
    return try Network(
      architecture: "small", builder: builder, lastLayer: "second.relu", mean: [0, 0, 0],
      standardDeviation: [1, 1, 1], weights: weights)
  }

  @Test func soundNumbersPass() throws {
    let image = Tensor(shape: [3, 4, 4], values: [Float](repeating: 1, count: 48))
    let network = try network(gain: 1)
    try NumberCheck(network).check(image)
    for name in EngineName.allCases {
      let prepared = try name.makeEngine().prepare(network, layers: network.resolve(layers: ["last"]))
      for batch in [1, 3] { #expect(try prepared.makeSession(batch: batch, for: .explanations).staysFinite(image)) }
    }
  }

  @Test func hiddenNaNIsNamedByItsLayer() throws {
    let network = try network(gain: 3e38)
    let image = Tensor(shape: [3, 4, 4], values: [Float](repeating: 1, count: 48))
    #expect {
      try NumberCheck(network).check(image)
    } throws: {
      "\($0)"
        == "NaN or infinity first appears in the output of `first` of small\n"
        + "  Check the weights file and the normalisation (`input.mean`, `input.std`): a network that was trained to the "
        + "end, given images as it was trained on, gives finite numbers everywhere."
    }
    // The logits alone do not tell; the values inside do.
    let prepared = try OneDNNEngine().prepare(network, layers: network.resolve(layers: ["last"]))
    let session = try prepared.makeSession()
    #expect(try session.logits(of: image) == [0.5, 1])
    #expect(try !session.staysFinite(image))
    #expect(throws: Problem.failure("a gradient was asked for before any image went through the network")) {
      try session.inputGradient(logitGradient: [1, 0])
    }
  }
}
