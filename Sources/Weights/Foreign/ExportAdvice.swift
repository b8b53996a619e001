/// The one command that makes an ONNX file of a network of another kind, which can then be named as `network`.
enum ExportAdvice {
  static let keras2 = with(
    "python -m tf2onnx.convert --keras model.h5 --output model.onnx", "where TensorFlow and tf2onnx are installed")
  static let keras3 = with(
    "python -m tf2onnx.convert --keras model.keras --output model.onnx", "where TensorFlow and tf2onnx are installed")
  static let savedModel = with(
    "python -m tf2onnx.convert --saved-model FOLDER --output model.onnx", "where TensorFlow and tf2onnx are installed")
  static let frozenGraph = with(
    "python -m tf2onnx.convert --graphdef model.pb --inputs INPUT:0 --outputs LOGITS:0 --output model.onnx",
    "with the names of its image and its logits")
  static let tensorFlowLite = with(
    "python -m tf2onnx.convert --tflite model.tflite --output model.onnx", "where TensorFlow and tf2onnx are installed")
  static let torchScript = with(
    "python -c \"import torch; torch.onnx.export(torch.jit.load('model.pt').eval(), torch.zeros(1, 3, 224, 224), "
      + "'model.onnx', dynamo=False)\"", "with the size of its images")
  static let exportedProgram = with(
    "python -c \"import torch; torch.onnx.export(torch.export.load('model.pt2'), (torch.zeros(1, 3, 224, 224),), "
      + "'model.onnx')\"", "with the size of its images")
  /// Of weights and descriptions that are no network alone.
  static let checkpoint =
    "Export the network where it was made to ONNX (Keras: model.export(\"model.onnx\", format=\"onnx\")) and name the file as "
    + "`network` of the model."
  /// Behind what is said of weights.
  static let wholeNetwork =
    "Or export the network there and name the file as `network`: torch.onnx.export(model.eval(), (torch.zeros(1, 3, 224, 224),), "
    + "\"model.onnx\")."

  private static func with(_ command: String, _ condition: String) -> String {
    "Make an ONNX file of it and name that as `network` of the model: `\(command)`, \(condition)."
  }
}
