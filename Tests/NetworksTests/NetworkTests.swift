import Networks
import Support
import Tensors
import Testing
import Weights

@Suite struct NetworkTests {
  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "nothing was wrong"
    } catch {
      return "\(error)"
    }
  }

  @Test func unknownLayersAreNamedWithASuggestion() throws {
    let network = try SmallNetwork.network()
    #expect(
      message { _ = try network.resolve(layers: ["stem.rleu"]) }
        == "small has no layer `stem.rleu`\n  Did you mean `stem.relu`? `heatdrift layers small` lists its layers.")
    #expect(
      message { _ = try network.resolve(layers: ["hidden"]) }
        == "the output of layer `hidden` of small has the shape 7, which is no map\n  Choose a layer whose output has "
        + "more than one row and column: `heatdrift layers small` lists them.")
  }

  @Test func layersAreResolvedInOrderWithoutRepetition() throws {
    let network = try SmallNetwork.network()
    let layers = try network.resolve(layers: ["last", "stem", "fused.relu", "joined"])
    #expect(layers.map(\.name) == ["stem", "joined", "fused.relu"])
    #expect(layers.map(\.shape) == [[6, 7, 7], [14, 7, 7], [8, 4, 4]])
  }

  @Test func weightsThatDoNotFitAreListed() throws {
    var tensors: [String: Tensor] = [:]
    let good = SmallNetwork.tensors()
    for name in good.tensorNames where name != "skip.weight" {
      tensors[name] = Tensor(shape: try #require(good.shape(of: name)), values: try good.values(name))
    }
    tensors["hidden.bias"] = Tensor(zeros: [9])
    tensors["stranger"] = Tensor(zeros: [1])
    tensors["stem.bn.num_batches_tracked"] = Tensor(zeros: [])
    tensors["AuxLogits.fc.weight"] = Tensor(zeros: [2])
    #expect(
      message { _ = try SmallNetwork.network(DictionaryTensors(tensors, source: "w.safetensors")) }
        == "w.safetensors: the weights do not fit small: missing 1 tensor: skip.weight (8x14x1x1); left over 1 tensor: "
        + "stranger; of another shape 1 tensor: hidden.bias (9, expected 7)\n  Check `architecture` and `width` of the "
        + "model in the experiment file.")
  }

  private func tensors(changing name: String, to value: Float, at indices: Range<Int>) throws -> DictionaryTensors {
    let good = SmallNetwork.tensors()
    var tensors: [String: Tensor] = [:]
    for name in good.tensorNames {
      tensors[name] = Tensor(shape: try #require(good.shape(of: name)), values: try good.values(name))
    }
    for index in indices { tensors[name]?.values[index] = value }
    return DictionaryTensors(tensors, source: "w.safetensors")
  }

  @Test(arguments: EngineName.allCases)
  func weightsThatAreNotFiniteAreNamed(_ name: EngineName) throws {
    for (tensor, value, text) in [
      ("inner.weight", Float.nan, "nan"), ("inner.bn.bias", -.infinity, "-inf"), ("hidden.weight", .infinity, "inf"),
    ] {
      let network = try SmallNetwork.network(tensors(changing: tensor, to: value, at: 3..<4))
      #expect(
        message { _ = try name.makeEngine().prepare(network, layers: network.resolve(layers: ["last"])) }
          == "w.safetensors, tensor \(tensor): element 3 is \(text), expected a finite number\n  The file is damaged, "
          + "or its training diverged: use another one.")
    }
  }

  @Test(arguments: EngineName.allCases)
  func infinitiesAreFoundWhereTheyFirstAppear(_ name: EngineName) throws {
    let network = try SmallNetwork.network(
      tensors(changing: "classifier.weight", to: .greatestFiniteMagnitude, at: 0..<7))
    let session = try name.makeEngine().prepare(network, layers: network.resolve(layers: ["last"])).makeSession()
    #expect(
      message { _ = try session.logits(of: SmallNetwork.image) }.hasPrefix(
        "the logits of small are not finite: NaN or infinity first appears in the output of `classifier`\n"))
    #expect(
      message { _ = try session.inputGradient(logitGradient: SmallNetwork.seed) }
        == "a gradient was asked for before any image went through the network")
  }

  @Test func inputsOfAnotherSizeAreRefused() throws {
    let network = try SmallNetwork.network()
    let session = try OpenBLASEngine().prepare(network, layers: []).makeSession()
    #expect(
      message { _ = try session.logits(of: Tensor(zeros: [3, 4, 4])) }
        == "the network takes an image of shape 3x13x13, not 3x4x4")
    _ = try session.logits(of: SmallNetwork.image)
    #expect(
      message { _ = try session.inputGradient(logitGradient: [1]) } == "1 logit gradients for a network of 4 classes")
  }

  @Test func anInputThatIsTooSmallIsToldWhere() {
    var builder = NetworkBuilder(width: 1, inputSize: 4)
    let x = builder.pooling("pool1", .maximum, builder.image(), kernel: 2, stride: 2)
    _ = builder.convolution("conv", x, channels: 2, kernel: 5)
    #expect(
      builder.problem?.description
        == "an input of 4 x 4 pixels is too small for this network: at conv a map of 2 x 2 is left for a window of "
        + "5 x 5\n  Choose a larger `input.size`.")
  }

  @Test func widthScalesAndRounds() {
    let builder = NetworkBuilder(width: 0.3, inputSize: 32)
    #expect([3, 64, 512, 1].map(builder.scaled) == [1, 19, 154, 1])
  }
}
