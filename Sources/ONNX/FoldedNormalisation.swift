extension ONNXFile {
  /// The convolutions that an exporter folded the batch normalisation behind them into, as far as its names tell: what such a
  /// convolution gives is the value after the normalisation.
  ///
  /// Of PyTorch's exporters the older one calls tensors that it computed `onnx::Conv_193` in place of `conv1.weight`; the newer
  /// one adds a bias `conv1.weight_bias`, or calls the result `getitem`, which is what it calls that of a normalisation. Others say
  /// nothing.
  public var foldedConvolutions: [ModelNode] {
    guard producer.lowercased().hasPrefix("pytorch") else { return [] }
    return nodes.filter { node in
      guard node.operatorName == "Conv", node.inputs.count > 1, let output = node.outputs.first else { return false }
      let weight = node.inputs[1]
      let bias = node.inputs.count > 2 ? node.inputs[2] : ""
      // Both of them: a weight alone may have been computed of something else.
      return weight.hasPrefix("onnx::Conv_") && bias.hasPrefix("onnx::Conv_") || bias == weight + "_bias"
        || output == "getitem"
        || output.hasPrefix("getitem_")
    }
  }

  /// A sentence on them; nil where there are none, or nothing tells.
  public var foldingRemark: String? {
    let (folded, all) = (foldedConvolutions.count, nodes.count { $0.operatorName == "Conv" })
    guard folded > 0 else { return nil }
    return
      "The exporter folded batch normalisation into \(folded == all ? "all" : "\(folded) of") \(all) convolutions: the "
      + "layers of such convolutions are their values after it."
  }
}
