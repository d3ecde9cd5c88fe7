using FishCheckpoint.Errors;
using FishCheckpoint.Masks;

namespace FishCheckpoint.Training;

/// <summary>Gradient descent with momentum on a mask, like <c>torch.optim.SGD</c>.</summary>
/// <remarks>
/// Takes one float per position with momentum, and nothing without. Like in PyTorch, the first gradient of a tensor becomes its momentum
/// without dampening; a position that <see cref="MaskedOptimizer.SetMask"/> adds to a tensor with momentum starts with a momentum of 0.
/// </remarks>
public sealed class MaskedSgd : MaskedOptimizer
{
    private const string BufferKey = "momentum_buffer/";

    private readonly SgdOptions options;
    private float[][] buffers;
    private bool[] started;
    private bool first;

    /// <summary>Starts without momentum.</summary>
    /// <param name="mask">The positions to update.</param>
    /// <param name="options">The options; <see langword="null"/> for the defaults.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: an option is out of range.</exception>
    public MaskedSgd(Mask mask, SgdOptions? options = null)
        : base(mask, (options ??= new SgdOptions()).Validate().LearningRate)
    {
        this.options = options;
        started = new bool[mask.Tensors.Count];
        buffers = [.. mask.Tensors.Select(tensor => HasMomentum ? new float[tensor.Positions.Length] : [])];
    }

    /// <inheritdoc/>
    public override long StateBytes => buffers.Sum(buffer => (long)buffer.Length * sizeof(float));

    private bool HasMomentum => options.Momentum != 0;

    private protected override void Begin(int maskTensor)
    {
        first = !started[maskTensor];
        started[maskTensor] = true;
    }

    private protected override void UpdateRun(int maskTensor, int begin, Span<float> run, ReadOnlySpan<float> gradient)
    {
        if (!HasMomentum)
        {
            SgdKernel.Step(run, gradient, (float)options.WeightDecay, (float)-LearningRate);
            return;
        }

        var factors = new SgdFactors(
            (float)options.WeightDecay, (float)options.Momentum, (float)(1 - options.Dampening), (float)-LearningRate,
            options.Nesterov, first);
        SgdKernel.Step(run, gradient, buffers[maskTensor].AsSpan(begin, run.Length), factors);
    }

    private protected override void Carry(MaskOverlap overlap)
    {
        started = overlap.PerTensor(started);
        buffers = HasMomentum ? overlap.PerPosition(buffers) : [.. started.Select(_ => Array.Empty<float>())];
    }

    private protected override void Save(int maskTensor, string name, StateSection state)
    {
        if (HasMomentum && started[maskTensor])
        {
            state.Set(BufferKey + name, buffers[maskTensor]);
        }
    }

    private protected override void CheckParts(StateSection state)
    {
        if (state.Names.Any(name => name.StartsWith("exp_avg/", StringComparison.Ordinal)))
        {
            throw state.Mismatch("exp_avg", "The state belongs to another optimizer: it has Adam moments.");
        }
    }

    private protected override void CheckPart(int maskTensor, string name, StateSection state)
    {
        if (HasMomentum && state.Has(BufferKey + name))
        {
            state.Floats(BufferKey + name, buffers[maskTensor].Length);
        }
    }

    private protected override void Load(int maskTensor, string name, StateSection state)
    {
        // A tensor without any update has no momentum yet, which differs from a momentum of 0.
        started[maskTensor] = state.Has(BufferKey + name);
        if (HasMomentum && started[maskTensor])
        {
            state.Floats(BufferKey + name, buffers[maskTensor].Length).CopyTo(buffers[maskTensor]);
        }
    }
}
