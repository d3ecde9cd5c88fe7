using FishCheckpoint.Errors;
using FishCheckpoint.Training;
using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>
/// The Fisher information of a TorchSharp classifier, computed by autograd one example at a time, for <see cref="MaskSelection.Fish"/>.
/// </summary>
public static class TorchFisher
{
    /// <summary>Estimates the information of a sample of examples; see <see cref="FisherEstimator"/>.</summary>
    /// <param name="model">The model. It is in evaluation mode meanwhile (no dropout, no batch statistics) and restored afterwards,
    /// including gradients.</param>
    /// <param name="examples">The number of examples.</param>
    /// <param name="logits">Runs the module on one example and returns its logits, [labels] or [1, labels], on the model's device. The
    /// estimator disposes them.</param>
    /// <param name="labelOf">The true label of an example; only <see cref="FisherKind.Empirical"/> needs it.</param>
    /// <param name="options">Which examples and labels to use, and which function of the gradients; <see langword="null"/> for the
    /// defaults.</param>
    /// <param name="cancellation">Cancels the work between two examples.</param>
    /// <returns>Sums for each parameter that requires gradients; tied parameters count under the first. On the host the portable loops add
    /// them; on another device they are added there and copied once.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: an example or label does not exist, true labels are needed
    /// but missing, the logits have another shape, or their softmax is not a distribution.</exception>
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
