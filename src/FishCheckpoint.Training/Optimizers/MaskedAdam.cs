using FishCheckpoint.Errors;
using FishCheckpoint.Masks;

namespace FishCheckpoint.Training;

/// <summary>
/// Adam on a mask, like <c>torch.optim.Adam</c> (Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015), with L2 weight decay.
/// </summary>
/// <remarks>
/// Takes two floats per position. Like PyTorch, it counts steps per tensor from its first gradient on. A position that
/// <see cref="MaskedOptimizer.SetMask"/> adds starts with moments of 0 under the tensor's count, like one whose gradients were 0 until
/// then.
/// </remarks>
public class MaskedAdam : MaskedOptimizer
{
    private const string MeanKey = "exp_avg/";
    private const string SquareKey = "exp_avg_sq/";
    private const string StepKey = "step/";

    private readonly AdamOptions options;
    private readonly bool decoupled;
    private float[][] means;
    private float[][] squares;
    private long[] steps;
    private AdamFactors factors;

    /// <summary>Starts with moments of 0.</summary>
    /// <param name="mask">The positions to update.</param>
    /// <param name="options">The options; <see langword="null"/> for the defaults.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: an option is out of range.</exception>
    public MaskedAdam(Mask mask, AdamOptions? options = null)
        : this(mask, options ?? new AdamOptions(), decoupled: false)
    {
    }

    private protected MaskedAdam(Mask mask, AdamOptions options, bool decoupled)
        : base(mask, options.Validate().LearningRate)
    {
        (this.options, this.decoupled) = (options, decoupled);
        (means, squares, steps) = (Zeros(), Zeros(), new long[mask.Tensors.Count]);

        float[][] Zeros() => [.. mask.Tensors.Select(tensor => new float[tensor.Positions.Length])];
    }

    /// <inheritdoc/>
    public override long StateBytes => means.Concat(squares).Sum(moments => (long)moments.Length * sizeof(float));

    /// <summary>How many steps a tensor of the mask has taken.</summary>
    /// <param name="maskTensor">Index of the tensor in the mask's <see cref="Mask.Tensors"/>.</param>
    public long StepsOf(int maskTensor) => steps[maskTensor];

    private protected override void Begin(int maskTensor) =>
        factors = AdamFactors.Of(options, decoupled, LearningRate, ++steps[maskTensor]);

    private protected override void UpdateRun(int maskTensor, int begin, Span<float> run, ReadOnlySpan<float> gradient) => AdamKernel.Step(
        run, gradient, means[maskTensor].AsSpan(begin, run.Length), squares[maskTensor].AsSpan(begin, run.Length), factors);

    private protected override void Carry(MaskOverlap overlap) =>
        (means, squares, steps) = (overlap.PerPosition(means), overlap.PerPosition(squares), overlap.PerTensor(steps));

    private protected override void Save(int maskTensor, string name, StateSection state)
    {
        state.Set(StepKey + name, steps[maskTensor]);
        state.Set(MeanKey + name, means[maskTensor]);
        state.Set(SquareKey + name, squares[maskTensor]);
    }

    private protected override void CheckParts(StateSection state)
    {
        if (Mask.Count > 0 && !state.Names.Any(name => name.StartsWith(StepKey, StringComparison.Ordinal)))
        {
            throw state.Mismatch(StepKey.TrimEnd('/'), "The state belongs to another optimizer: it has no Adam moments.");
        }
    }

    private protected override void CheckPart(int maskTensor, string name, StateSection state)
    {
        if (state.Long(StepKey + name) < 0)
        {
            throw state.Mismatch(StepKey + name, "It is negative.");
        }

        state.Floats(MeanKey + name, means[maskTensor].Length);
        state.Floats(SquareKey + name, squares[maskTensor].Length);
    }

    private protected override void Load(int maskTensor, string name, StateSection state)
    {
        steps[maskTensor] = state.Long(StepKey + name);
        state.Floats(MeanKey + name, means[maskTensor].Length).CopyTo(means[maskTensor]);
        state.Floats(SquareKey + name, squares[maskTensor].Length).CopyTo(squares[maskTensor]);
    }
}

/// <summary>
/// Adam on a mask with decoupled weight decay, like <c>torch.optim.AdamW</c> (Loshchilov and Hutter, "Decoupled Weight Decay
/// Regularization", 2019). Only masked values decay.
/// </summary>
/// <param name="mask">The positions to update.</param>
/// <param name="options">The options; <see langword="null"/> for the defaults.</param>
/// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: an option is out of range.</exception>
public sealed class MaskedAdamW(Mask mask, AdamWOptions? options = null) : MaskedAdam(mask, options ?? new AdamWOptions(), decoupled: true);
