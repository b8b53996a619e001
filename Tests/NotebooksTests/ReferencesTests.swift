import Attacks
import Explanations
import Measures
import Notebooks
import Results
import Support
import Testing

@Suite struct ReferencesTests {
  private func made(_ source: String, _ results: ExperimentResults) throws -> Notebook {
    try Notebook(Template(source: source, file: "test.md"), results: results, measurer: FixedMeasurer())
  }

  @Test func everyWorkIsListedOnceInTheOrderOfItsFirstUse() throws {
    let result = try notebook("```{methods}\n```\n\n```{references}\n```")
    #expect(result.problems == [])
    let says = result.document.says
    let list = [
      "[1] K. Simonyan, A. Zisserman. Very Deep Convolutional Networks for Large-Scale Image Recognition. International "
        + "Conference on Learning Representations (ICLR), 2015. arXiv:1409.1556.",
      "[2] K. He, X. Zhang, S. Ren, J. Sun. Deep Residual Learning for Image Recognition.",
      "[3] C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna. Rethinking the Inception Architecture",
      "[4] F. Chollet. Xception: Deep Learning with Depthwise Separable Convolutions.",
      "[5] F. S. Samaria, A. C. Harter. Parameterisation of a Stochastic Model for Human Face Identification.",
      "[6] I. J. Goodfellow, J. Shlens, C. Szegedy. Explaining and Harnessing Adversarial Examples.",
      "[7] R. R. Selvaraju, M. Cogswell, A. Das, R. Vedantam, D. Parikh, D. Batra. Grad-CAM: Visual Explanations from Deep "
        + "Networks via Gradient-Based Localization.",
      "[8] T. Chakraborty, U. Trehan, K. Mallat, J.-L. Dugelay. Generalizing Adversarial Explanations with Grad-CAM. IEEE/CVF "
        + "Conference on Computer Vision and Pattern Recognition Workshops (CVPRW), 187–193, 2022. "
        + "doi:10.1109/CVPRW56347.2022.00031.",
      "[9] Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli. Image Quality Assessment: From Error Visibility to Structural "
        + "Similarity. IEEE Transactions on Image Processing 13, 600–612, 2004. doi:10.1109/TIP.2003.819861.",
      "[10] B. Efron, R. J. Tibshirani. An Introduction to the Bootstrap. Chapman and Hall, 1993.",
      "[11] E. B. Wilson. Probable Inference, the Law of Succession, and Statistical Inference.",
      "[12] S. Holm. A Simple Sequentially Rejective Multiple Test Procedure.",
    ]
    for work in list { #expect(says(work), "\(work)") }
    #expect(!says("[13]"))
    #expect(says("VGG16 [1] (vgg16, 1,234,567 parameters"))
    #expect(says("ResNet50 [2] (resnet50,") && says("ResNet101 [2] (resnet101,"))
    #expect(says("of the split “test” of the faces of the Olivetti Research Laboratory (ORL) [5]."))
    #expect(says("FGSM (fast gradient sign method) [6]: x′ = clamp("))
    #expect(says("Grad-CAM (gradient-weighted class activation mapping) [7]: the activations of a layer"))
    #expect(says("NISSIM (normalised inverted structural similarity index) [8, 9]: NISSIM = (1 − SSIM) / 2 between"))
    #expect(says("MOD (mean observed dissimilarity) [8] is the mean of NISSIM over the images at one level."))
    #expect(says("VID (variation in dissimilarity) [8] is, per image,"))
    #expect(
      says("400 bootstrap resamples [10], seeded") && says("score interval [11].")
        && says("by Holm [12] for all pairs of models at one level."))
  }

  @Test func whatIsNotUsedIsNotListed() throws {
    var results = MadeUpResults(models: ["a"], names: ["A"], imageCount: 3).results
    results.options.removeAll { $0.key == "data.source" }
    results.attacks[0] = AttackSetting(attack: MIFGSM(), levels: results.attacks[0].levels)
    results.explanations = [GradCAMPlusPlus()]
    results.measures = [TopK(), IntersectionOverUnion(), CentreShift()]
    results.measurements = []
    let result = try made("```{references}\n```", results)
    let says = result.document.says
    for work in [
      "[1] Y. Dong, F. Liao, T. Pang, H. Su, J. Zhu, X. Hu, J. Li. Boosting Adversarial Attacks with Momentum.",
      "[2] A. Chattopadhay, A. Sarkar, P. Howlader, V. N. Balasubramanian. Grad-CAM++: Generalized",
      "[3] A. Ghorbani, A. Abid, J. Zou. Interpretation of Neural Networks Is Fragile.",
      "[4] P. Jaccard. The Distribution of the Flora in the Alpine Zone.",
      "[5] T. Chakraborty, U. Trehan,", "[6] B. Efron,", "[7] E. B. Wilson.", "[8] S. Holm.",
    ] { #expect(says(work), "\(work)") }
    #expect(!says("Samaria") && !says("Goodfellow") && !says("Bovik") && !says("[9]"))
  }

  /// A number in brackets of which no list says what it means would be worse than none.
  @Test func withoutAListNothingIsCitedByNumber() throws {
    let result = try notebook("```{methods}\n```")
    #expect(!result.document.says("[1]") && !result.document.says("[8, 9]"))
    #expect(result.document.says("FGSM (fast gradient sign method): x′ = clamp("))
  }

  @Test func anAcronymIsSpelledOutOnce() throws {
    var results = MadeUpResults(models: ["a"], names: ["A"], imageCount: 3).results
    results.attacks.append(AttackSetting(attack: PGD(), levels: [0.01]))
    results.explanations = [GradCAMPlusPlus(), HiResCAM(), XGradCAM(), LayerCAM()]
    results.measures = [NISSIM(), RankCorrelation(), IntersectionOverUnion()]
    results.measurements = []
    let result = try made("```{methods}\n```\n\n```{references}\n```", results)
    for words in [
      "FGSM (fast gradient sign method)", "PGD (projected gradient descent)",
      "Grad-CAM++ (generalized gradient-weighted class activation mapping)",
      "HiResCAM (high-resolution class activation mapping)",
      "XGrad-CAM (axiom-based gradient-weighted class activation mapping)",
      "LayerCAM (class activation mapping at any layer)",
      "NISSIM (normalised inverted structural similarity index)", "SSIM (structural similarity index) uses",
      "1 − IoU (one minus intersection over union)", "MOD (mean observed dissimilarity)",
      "VID (variation in dissimilarity)",
    ] {
      let count = result.document.text.ranges(of: words.filter { !$0.isWhitespace }).count
      #expect(count == 1, "\(words)")
    }
    // What needs no letters spelled out is named with its works alone.
    #expect(result.document.says("Rank distance [") && result.document.says("]: (1 − ρ) / 2"))
    // A formula within a clause is set as one.
    #expect(result.document.says("each times g² / (2 g² + g³ Σ A), summed and cut at 0"))
    #expect(!result.document.text.contains("*"))
  }
}
