using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using TorchSharp;
using TorchSharp.Modules;

namespace FishCheckpoint.TorchSharp;

/// <summary>
/// SGD, Adam or AdamW on the positions of a mask and nothing else: neither decay nor momentum changes any other value, and moments exist
/// only for the mask's positions. It is a TorchSharp optimizer, so learning rate schedulers and existing loops work unchanged.
/// </summary>
/// <remarks>
/// Updates parameters of float dtypes with positions in the mask. Tied parameters are updated once, with the sum of their gradients. Not
/// safe for concurrent use.
/// </remarks>
public sealed class TorchMaskedOptimizer : torch.optim.Optimizer, IResumable
{
    private readonly TorchModel model;
    private readonly IMaskedStep stepper;
    private readonly ParamGroup group;

    private TorchMaskedOptimizer(
        TorchModel model, Mask mask, double learningRate, StepArithmetic arithmetic, Func<Mask, MaskedOptimizer> host, ITensorKernel kernel)
        : base(IntPtr.Zero)
    {
        if (mask.Layout.Id != model.Layout.Id)
        {
            throw new FishException(
                ErrorCode.LayoutMismatch, "mask", "The mask and the model have different layouts.", "Choose it on the model's layout.");
        }

        this.model = model;
        var stepped = Stepped(mask);
        var portable = arithmetic switch
        {
            StepArithmetic.Automatic => stepped.Tensors.All(IsPortable),
            StepArithmetic.Portable when stepped.Tensors.FirstOrDefault(tensor => !IsPortable(tensor)) is { } other =>
                throw new FishException(
                ErrorCode.RequestInvalid, mask.Layout.Tensors[other.Tensor].Name, "Portable steps need float32 tensors on the host.",
                $"Choose {StepArithmetic.Torch}."),
            StepArithmetic.Portable => true,
            _ => false,
        };

        // Created in both cases, because it validates the options.
        var core = host(portable ? stepped : Mask.Create(mask.Layout, []));
        stepper = portable ? new HostStep(model, core) : new TensorStep(model, stepped, kernel);
        group = new ParamGroup
        {
            Parameters = [.. parameters()],
            Options = new OptimizerOptions { LearningRate = learningRate, InitialLearningRate = learningRate },
        };
        _parameter_groups = new List<ParamGroup> { group };
    }

    /// <summary>
    /// The positions that are updated: those of the given mask, without aliases and without tensors that are not float parameters.
    /// </summary>
    public Mask SteppedMask => stepper.Mask;

    /// <summary>The learning rate of the next step; schedulers set it.</summary>
    public double LearningRate
    {
        get => group.LearningRate;
        set => group.LearningRate = value;
    }

    /// <summary>Bytes of the moments.</summary>
    public long StateBytes => stepper.StateBytes;

    /// <summary>Gradient descent with momentum, like <c>torch.optim.SGD</c>.</summary>
    /// <param name="model">The model. Not owned.</param>
    /// <param name="mask">The positions to update, on the model's layout.</param>
    /// <param name="options">The options; <see langword="null"/> for the defaults.</param>
    /// <param name="arithmetic">Which code computes the steps.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.LayoutMismatch"/>; <see cref="ErrorCode.RequestInvalid"/>: an option is out of
    /// range, or the arithmetic does not fit.</exception>
    public static TorchMaskedOptimizer Sgd(
        TorchModel model, Mask mask, SgdOptions? options = null, StepArithmetic arithmetic = StepArithmetic.Automatic)
    {
        options ??= new SgdOptions();
        return new(model, mask, options.LearningRate, arithmetic, stepped => new MaskedSgd(stepped, options), new SgdTensorKernel(options));
    }

    /// <summary>Adam with L2 decay, like <c>torch.optim.Adam</c>.</summary>
    /// <inheritdoc cref="Sgd"/>
    public static TorchMaskedOptimizer Adam(
        TorchModel model, Mask mask, AdamOptions? options = null, StepArithmetic arithmetic = StepArithmetic.Automatic)
    {
        options ??= new AdamOptions();
        return new(model, mask, options.LearningRate, arithmetic, stepped =>
            new MaskedAdam(stepped, options), new AdamTensorKernel(options, decoupled: false));
    }

    /// <summary>
    /// Adam with decoupled decay, like <c>torch.optim.AdamW</c>; the default decay is PyTorch's 0.01 (TorchSharp's is 0).
    /// </summary>
    /// <inheritdoc cref="Sgd"/>
    public static TorchMaskedOptimizer AdamW(
        TorchModel model, Mask mask, AdamWOptions? options = null, StepArithmetic arithmetic = StepArithmetic.Automatic)
    {
        options ??= new AdamWOptions();
        return new(model, mask, options.LearningRate, arithmetic, stepped =>
            new MaskedAdamW(stepped, options), new AdamTensorKernel(options, decoupled: true));
    }

    /// <summary>Updates all tensors. A tensor without a gradient is skipped, with its state.</summary>
    /// <param name="closure">Recomputes the loss and its gradients; <see langword="null"/> if the gradients exist.</param>
    /// <returns>The closure's loss; <see langword="null"/> without a closure, like TorchSharp's optimizers.</returns>
    /// <exception cref="FishException">A tensor no longer matches the layout.</exception>
    public override torch.Tensor step(Func<torch.Tensor>? closure = null)
    {
        torch.Tensor? loss = null;
        if (closure is not null)
        {
            using var grad = torch.enable_grad();
            loss = closure();
        }

        stepper.Step(LearningRate);
        return loss!;
    }

    /// <summary>
    /// Sets all gradients of the module to 0, like TorchSharp's optimizers; the module's own <c>zero_grad</c> disposes them instead.
    /// </summary>
    public override void zero_grad()
    {
        foreach (var parameter in model.Module.parameters())
        {
            using var gradient = parameter.grad;
            gradient?.zero_();
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<Parameter> parameters() =>
        stepper.Mask.Tensors.Select(tensor => model.Tensors[tensor.Tensor].Parameter).OfType<Parameter>();

    /// <summary>Continues with another mask. Positions in both masks keep their moments; new ones start at 0.</summary>
    /// <param name="mask">The mask, on the same layout.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.LayoutMismatch"/>: the layout differs.</exception>
    public void SetMask(Mask mask)
    {
        stepper.SetMask(Stepped(mask));
        group.Parameters = [.. parameters()];
    }

    /// <inheritdoc/>
    public void SaveTo(StateSection state) => stepper.SaveTo(state, LearningRate);

    /// <inheritdoc/>
    public void Check(StateSection state) => stepper.Check(state);

    /// <inheritdoc/>
    public void LoadFrom(StateSection state) => LearningRate = stepper.LoadFrom(state);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            stepper.Dispose();
        }

        base.Dispose(disposing);
    }

    private bool IsPortable(TensorMask tensor) => model.Tensors[tensor.Tensor] is { Info.Type: DType.F32 } found && found.Flat().IsOnHost;

    private Mask Stepped(Mask mask)
    {
        var single = model.Tied.WithoutAliases(mask);
        bool Steps(TensorMask tensor) =>
            model.Tensors[tensor.Tensor] is { IsParameter: true } found && TorchDTypes.IsFloat(found.Info.Type);
        return single.Tensors.All(Steps) ? single : Mask.Create(single.Layout, single.Tensors.Where(Steps));
    }
}
