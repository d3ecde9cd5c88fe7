using FishCheckpoint.Training;
using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>
/// The arithmetic of an optimizer as tensor operations, on any device: the same operations in the same order as TorchSharp's own.
/// </summary>
internal interface ITensorKernel
{
    /// <summary>The name of the equivalent portable optimizer.</summary>
    string Kind { get; }

    /// <summary>The name prefix of saved <see cref="Moments.Steps"/>; <see langword="null"/> if they are not saved.</summary>
    string? StepKey { get; }

    /// <summary>The name prefix of saved <see cref="Moments.First"/>.</summary>
    string FirstKey { get; }

    /// <summary>The name prefix of saved <see cref="Moments.Second"/>; <see langword="null"/> if there is none.</summary>
    string? SecondKey { get; }

    /// <summary>Computes one update, under no_grad and in a dispose scope.</summary>
    /// <param name="values">Changed in place.</param>
    /// <param name="gradient">Not changed.</param>
    /// <param name="moments">Changed; new tensors are detached from the scope.</param>
    /// <param name="rate">The learning rate.</param>
    void Step(torch.Tensor values, torch.Tensor gradient, Moments moments, double rate);
}

/// <summary>TorchSharp's <c>Adam</c> and <c>AdamW</c>.</summary>
internal sealed class AdamTensorKernel(AdamOptions options, bool decoupled) : ITensorKernel
{
    public string Kind => decoupled ? nameof(MaskedAdamW) : nameof(MaskedAdam);

    public string StepKey => "step/";

    public string FirstKey => "exp_avg/";

    public string SecondKey => "exp_avg_sq/";

    public void Step(torch.Tensor values, torch.Tensor gradient, Moments moments, double rate)
    {
        var step = ++moments.Steps;
        var mean = moments.First ??= torch.zeros_like(values).DetachFromDisposeScope();
        var square = moments.Second ??= torch.zeros_like(values).DetachFromDisposeScope();
        if (decoupled)
        {
            values.mul_(1 - (rate * options.WeightDecay));
        }
        else if (options.WeightDecay != 0)
        {
            gradient = gradient.add(values, alpha: options.WeightDecay);
        }

        mean.mul_(options.Beta1).add_(gradient, alpha: 1 - options.Beta1);
        square.mul_(options.Beta2).addcmul_(gradient, gradient, value: 1 - options.Beta2);
        var denominator = (square.sqrt() / Math.Sqrt(1 - Math.Pow(options.Beta2, step))).add_(options.Epsilon);
        values.addcdiv_(mean, denominator, value: -(rate / (1 - Math.Pow(options.Beta1, step))));
    }
}

/// <summary>TorchSharp's <c>SGD</c>.</summary>
internal sealed class SgdTensorKernel(SgdOptions options) : ITensorKernel
{
    public string Kind => nameof(MaskedSgd);

    public string? StepKey => null;

    public string FirstKey => "momentum_buffer/";

    public string? SecondKey => null;

    public void Step(torch.Tensor values, torch.Tensor gradient, Moments moments, double rate)
    {
        if (options.WeightDecay != 0)
        {
            gradient = gradient.add(values, alpha: options.WeightDecay);
        }

        if (options.Momentum != 0)
        {
            if (moments.First is { } buffer)
            {
                buffer.mul_(options.Momentum).add_(gradient, alpha: 1 - options.Dampening);
            }
            else
            {
                buffer = moments.First = gradient.clone().DetachFromDisposeScope();
            }

            gradient = options.Nesterov ? gradient.add(buffer, alpha: options.Momentum) : buffer;
        }

        values.add_(gradient, alpha: -rate);
    }
}
