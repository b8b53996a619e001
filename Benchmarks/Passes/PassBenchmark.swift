import Architectures
import CLinear
import Engines
import Foundation
import Graphs
import Tensors
import Weights

/// How fast one network's passes are on one thread, beside what the processor can do at most. Called by `benchmark.py`:
///
///     pass-benchmark resnet50 resnet50.safetensors [onednn|openblas] [last|all]
///
/// prints JSON. `pass-benchmark measures 224` is `MeasureBenchmark`, `pass-benchmark zeros` `ZeroSkippingBenchmark`.
@main
struct PassBenchmark {
  struct Pass: Encodable {
    var seconds: Double
    var gigaflopsPerSecond: Double
    var shareOfPeak: Double
  }

  struct Report: Encodable {
    var network: String
    var peakGigaflopsPerSecond: Double
    /// One image, every activation kept that a gradient needs.
    var forward: Pass
    /// Six images, as the attacked ones go through; per image.
    var forwardBatch: Pass
    /// From the loss to the image.
    var inputGradient: Pass
    /// From the class score to the explained layers, of six images; seconds per image.
    var explainSeconds: Double
    var prepareSeconds: Double
  }

  static func main() throws {
    let arguments = CommandLine.arguments
    if arguments.count == 3, arguments[1] == "measures", let size = Int(arguments[2]) {
      return try MeasureBenchmark.run(size: size, seconds: seconds)
    }
    if arguments.count == 2, arguments[1] == "zeros" {
      return ZeroSkippingBenchmark.run(peak: measurePeak, seconds: seconds)
    }
    guard arguments.count >= 3, let architecture = Architecture(rawValue: arguments[1]) else {
      FileHandle.standardError.write(
        Data(
          ("usage: pass-benchmark ARCHITECTURE WEIGHTS [onednn|openblas] [last|all], pass-benchmark measures SIZE, or "
            + "pass-benchmark zeros\n").utf8))
      exit(64)
    }
    let engine = EngineKind(rawValue: arguments.count > 3 ? arguments[3] : "onednn") ?? .onednn
    let network = try architecture.network(weights: SafetensorsFile(contentsOf: arguments[2]))
    let layers = arguments.count > 4 ? [arguments[4]] : ["last"]
    let start = seconds()
    let prepared = try engine.makeEngine().prepare(network, layers: network.resolve(layers: layers))
    let prepareSeconds = seconds() - start
    let size = network.inputSize
    let images = (0..<6).map { image in
      Tensor(
        shape: [3, size, size], values: (0..<3 * size * size).map { Float(($0 &* 7919 &+ image &* 104729) % 256) / 255 }
      )
    }
    let single = try prepared.makeSession()
    let batch = try prepared.makeSession(batch: 6, for: .explanations, gradients: .means)
    var seed = [Float](repeating: 0, count: network.classCount)
    seed[0] = 1
    var peaks: [Double] = []
    var forwards: [Double] = []
    var batches: [Double] = []
    var gradients: [Double] = []
    var explanations: [Double] = []
    for _ in 0..<7 {
      peaks.append(measurePeak())
      forwards.append(try time { _ = try single.logits(of: images[0]) })
      gradients.append(try time { _ = try single.inputGradient(logitGradient: seed) })
      // As many at a time as a session takes: fewer where it keeps the values of many layers.
      let (forwards, backwards) = try passes(of: images, in: batch, seed: seed)
      batches.append(forwards / 6)
      explanations.append(backwards / 6)
    }
    // The processor's clock varies: rates are those of the median, the peak is the best that was seen.
    let peak = peaks.max() ?? 0
    let gigaflops = 2e-9 * Double(network.multiplyAdds)
    func pass(_ times: [Double]) -> Pass {
      let median = times.sorted()[times.count / 2]
      return Pass(seconds: median, gigaflopsPerSecond: gigaflops / median, shareOfPeak: gigaflops / median / peak)
    }
    let report = Report(
      network: network.architecture, peakGigaflopsPerSecond: peak, forward: pass(forwards),
      forwardBatch: pass(batches), inputGradient: pass(gradients),
      explainSeconds: explanations.sorted()[explanations.count / 2], prepareSeconds: prepareSeconds)
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    print(String(decoding: try encoder.encode(report), as: UTF8.self))
  }

  /// Seconds of the forward passes of all images, and of those to the explained layers.
  private static func passes(
    of images: [Tensor], in session: any NetworkSession, seed: [Float]
  ) throws -> (forwards: Double, backwards: Double) {
    var (forwards, backwards) = (0.0, 0.0)
    for start in stride(from: 0, to: images.count, by: session.capacity) {
      let some = Array(images[start..<min(start + session.capacity, images.count)])
      forwards += try time { _ = try session.logits(of: some) }
      let scores = some.indices.map { Score(image: $0, logitGradient: seed) }
      backwards += try time {
        try session.explainLayers(scores) { _, _ in
        } visitMeans: { _, _ in
        }
      }
    }
    return (forwards, backwards)
  }

  /// Fused multiply-adds in registers: what no convolution can exceed.
  private static func measurePeak() -> Double {
    let rounds = 4_000_000
    let start = seconds()
    let flops = clinear_multiply_add_rounds(rounds)
    return flops / (seconds() - start) * 1e-9
  }

  private static func time(_ body: () throws -> Void) rethrows -> Double {
    let start = seconds()
    try body()
    return seconds() - start
  }

  private static func seconds() -> Double {
    Double(DispatchTime.now().uptimeNanoseconds) * 1e-9
  }
}
