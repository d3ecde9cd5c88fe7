using FishCheckpoint.Errors;

namespace FishCheckpoint.Training;

/// <summary>Estimates the diagonal of a model's Fisher information, example by example.</summary>
/// <remarks>
/// After Sung, Nair, Raffel, "Training Neural Networks with Fixed Sparse Masks" (2021), equations 3 and 4, without the division by the
/// number of examples, which changes no order. Deterministic: the same model, options and seed give the same bits.
/// </remarks>
public static class FisherEstimator
{
    /// <summary>Computes the Fisher information of a sample of a model's examples.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: see <see cref="AddTo"/>.</exception>
    public static FisherInformation Estimate(IFisherModel model, FisherOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new FisherOptions();
        var fisher = new FisherInformation(model.Layout, options.Power);
        AddTo(fisher, model, options, cancellation);
        return fisher;
    }

    /// <summary>Adds the Fisher information of a sample of a model's examples.</summary>
    /// <param name="fisher">The sum; it has the model's layout and the options' power.</param>
    /// <param name="model">The model and its examples.</param>
    /// <param name="options">Which examples and labels.</param>
    /// <param name="cancellation">Stops between two examples; earlier additions stay.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: an example or a label does not exist, the probabilities are
    /// invalid, or the power differs; <see cref="ErrorCode.LayoutMismatch"/>: the layout differs.</exception>
    public static void AddTo(FisherInformation fisher, IFisherModel model, FisherOptions options, CancellationToken cancellation = default)
    {
        fisher.CheckSame(model.Layout, options.Power);
        var random = new SeededRandom(options.Seed);
        foreach (var example in options.Choose(model.Examples, random))
        {
            cancellation.ThrowIfCancellationRequested();
            switch (options.Kind)
            {
                case FisherKind.Empirical:
                    Add(example, model.LabelOf(example), 1);
                    break;
                case FisherKind.Sampled:
                    Add(example, LabelDraw.Draw(Validate(model, example), random), 1);
                    break;
                default:
                    // Copied: the model may reuse the memory in its next call.
                    foreach (var (label, probability) in Validate(model, example).ToArray().Index())
                    {
                        if (probability > 0)
                        {
                            Add(example, label, probability);
                        }
                    }

                    break;
            }
        }

        void Add(int example, int label, float weight) =>
            model.Differentiate(example, label, (tensor, gradient) => fisher.Add(tensor, gradient, weight));
    }

    private static ReadOnlySpan<float> Validate(IFisherModel model, int example)
    {
        var probabilities = model.ProbabilitiesOf(example);
        return LabelDraw.IsDistribution(probabilities) ? probabilities : throw new FishException(
            ErrorCode.RequestInvalid, $"example {example}", "Its probabilities are negative, not numbers, or all 0.",
            "Give the softmax of the logits, and check the parameters for NaN.");
    }
}
