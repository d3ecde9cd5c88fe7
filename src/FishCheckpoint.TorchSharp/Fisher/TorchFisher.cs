using FishCheckpoint.Errors;
using FishCheckpoint.Training;
using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>
/// The Fisher information of a TorchSharp classifier, by autograd, one example at a time: what <see cref="MaskSelection.Fish"/> chooses by.
/// </summary>
public static class TorchFisher
{
    /// <summary>Estimates the information of some examples; see <see cref="FisherEstimator"/>.</summary>
    /// <param name="model">The model; it is in evaluation mode meanwhile (no dropout, no batch statistics), and afterwards as it was,
    /// gradients included.</param>
    /// <param name="examples">How many examples there are.</param>
    /// <param name="logits">
    /// Runs the module on one example and gives its logits, [labels] or [1, labels]; what it makes is disposed of here. On the model's
    /// device.
    /// </param>
    /// <param name="labelOf">The true label of an example; asked for by <see cref="FisherKind.Empirical"/> only, and else not
    /// needed.</param>
    /// <param name="options">Which examples and labels, and what of the gradients; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellation">Ends the work between two examples.</param>
    /// <returns>
    /// Sums for each parameter that asks for gradients; of tied ones under the first. On the host they are the domain's; elsewhere they are
    /// summed up on the device, and cross once.
    /// </returns>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: an example or label does not exist, true labels are asked
    /// for and not given, the logits are of another shape, or their softmax is no distribution.</exception>
    public static FisherInformation Estimate(
        TorchModel model, int examples, Func<int, torch.Tensor> logits, Func<int, int>? labelOf = null, FisherOptions? options = null,
        CancellationToken cancellation = default) =>
        Estimate(model, examples, logits, labelOf, options ?? new FisherOptions(), onDevice: null, cancellation);

    internal static FisherInformation Estimate(
        TorchModel model, int examples, Func<int, torch.Tensor> logits, Func<int, int>? labelOf, FisherOptions options, bool? onDevice,
        CancellationToken cancellation)
    {
        var fisher = new FisherInformation(model.Layout, options.Power);
        using var classifier = new FisherClassifier(model, examples, logits, labelOf, options, onDevice);
        FisherEstimator.AddTo(fisher, classifier, options, cancellation);
        classifier.AddSumsTo(fisher);
        return fisher;
    }
}
