using FishCheckpoint.Errors;
using FishCheckpoint.Masks;

namespace FishCheckpoint.Training;

/// <summary>
/// Updates the positions of a mask and nothing else: neither decay nor momentum changes any other value, and optimizer state exists only
/// for the mask's positions. Give it a mask without aliases (<see cref="TiedTensors.WithoutAliases"/>); otherwise tied memory is updated
/// twice.
/// </summary>
/// <remarks>
/// The values are those of PyTorch's full optimizer (its <c>_single_tensor_*</c> functions, operation by operation in float32, scalars in
/// double) with gradients of 0 outside the mask and no decay there, without fused multiply-adds: the bits are the same on every machine.
/// Not safe for concurrent use.
/// </remarks>
public abstract class MaskedOptimizer : IResumable
{
    // Values gathered at once: both buffers fit the first cache level.
    private const int Run = 2048;
    private const string MaskKey = "mask";
    private const string RateKey = "learning_rate";
    private const string KindKey = "optimizer";

    private readonly float[] values = new float[Run];
    private readonly float[] gradients = new float[Run];

    private protected MaskedOptimizer(Mask mask, double learningRate)
    {
        (Mask, LearningRate) = (mask, learningRate);
    }

    /// <summary>The positions that are updated.</summary>
    public Mask Mask { get; private set; }

    /// <summary>The learning rate of the next step; schedules set it, see <see cref="LearningRates"/>.</summary>
    public double LearningRate { get; set; }

    /// <summary>Bytes of the optimizer state for the mask's positions.</summary>
    public abstract long StateBytes { get; }

    /// <summary>Updates every tensor of the mask.</summary>
    /// <param name="parameters">The tensors' values; only those at the mask's positions change.</param>
    /// <param name="gradientOf">Their gradients; only those at the mask's positions are read. A tensor without one is skipped, with its
    /// state.</param>
    /// <param name="gradientScale">The factor for gradients, such as <see cref="GradientClip"/>'s.</param>
    /// <exception cref="ArgumentException">A tensor's or gradient's length differs from the layout's; nothing was changed.</exception>
    public void Step(TensorValues parameters, TensorGradients gradientOf, float gradientScale = 1)
    {
        Check(parameters, gradientOf);
        for (var index = 0; index < Mask.Tensors.Count; index++)
        {
            var tensor = Mask.Tensors[index];
            var gradient = gradientOf(tensor.Tensor);
            if (gradient.IsEmpty)
            {
                continue;
            }

            var parameter = parameters(tensor.Tensor);
            Begin(index);
            var positions = tensor.Positions.Span;
            for (var begin = 0; begin < positions.Length; begin += Run)
            {
                var run = positions.Slice(begin, Math.Min(Run, positions.Length - begin));
                MaskedValues.Gather(gradient, run, gradientScale, gradients);
                if (positions.Length == parameter.Length)
                {
                    UpdateRun(index, begin, parameter.Slice(begin, run.Length), gradients.AsSpan(0, run.Length));
                    continue;
                }

                MaskedValues.Gather(parameter, run, 1, values);
                UpdateRun(index, begin, values.AsSpan(0, run.Length), gradients.AsSpan(0, run.Length));
                MaskedValues.Scatter(values, run, parameter);
            }
        }
    }

    /// <summary>Updates one tensor whose masked values were already gathered, such as from a GPU.</summary>
    /// <param name="maskTensor">Index of the tensor in the mask's <see cref="Mask.Tensors"/>, not in the layout.</param>
    /// <param name="maskedValues">The values at its positions, in order; changed in place.</param>
    /// <param name="maskedGradients">The gradients at its positions, in order.</param>
    /// <exception cref="ArgumentException">The lengths differ from the number of positions.</exception>
    public void Update(int maskTensor, Span<float> maskedValues, ReadOnlySpan<float> maskedGradients)
    {
        var count = Mask.Tensors[maskTensor].Positions.Length;
        if (maskedValues.Length != count || maskedGradients.Length != count)
        {
            throw new ArgumentException(
                $"The tensor has {count} positions; {maskedValues.Length} values and {maskedGradients.Length} gradients are given.");
        }

        Begin(maskTensor);
        UpdateRun(maskTensor, 0, maskedValues, maskedGradients);
    }

    /// <summary>
    /// Continues with another mask. Positions in both masks keep their state; new ones start with a state of 0. Positions that leave the
    /// mask lose their state, even if they return later. Counts per tensor continue for tensors in both masks, and start over for the
    /// others.
    /// </summary>
    /// <param name="mask">The mask, on the same layout.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.LayoutMismatch"/>: the layout differs.</exception>
    public void SetMask(Mask mask)
    {
        if (mask.Layout.Id != Mask.Layout.Id)
        {
            throw new FishException(
                ErrorCode.LayoutMismatch, "mask", "The mask has another layout.", "Choose it on the trained layout.");
        }

        Carry(new MaskOverlap(Mask, mask));
        Mask = mask;
    }

    /// <inheritdoc/>
    public void SaveTo(StateSection state)
    {
        state.Set(KindKey, GetType().Name);
        state.Set(MaskKey, Mask.BareId.ToString());
        state.Set(RateKey, LearningRate);
        for (var index = 0; index < Mask.Tensors.Count; index++)
        {
            Save(index, Mask.Layout.Tensors[Mask.Tensors[index].Tensor].Name, state);
        }
    }

    /// <inheritdoc/>
    public void Check(StateSection state)
    {
        state.Require(KindKey, GetType().Name);
        state.Double(RateKey);
        CheckParts(state);

        // A state of another mask is checked again after that mask is set.
        for (var index = 0; IsOfMask(state) && index < Mask.Tensors.Count; index++)
        {
            CheckPart(index, Mask.Layout.Tensors[Mask.Tensors[index].Tensor].Name, state);
        }
    }

    /// <inheritdoc/>
    public void LoadFrom(StateSection state)
    {
        Check(state);
        if (!IsOfMask(state))
        {
            throw state.Mismatch(MaskKey, $"The state belongs to the mask {state.Text(MaskKey)}; the optimizer has {Mask.BareId}.");
        }

        LearningRate = state.Double(RateKey);
        for (var index = 0; index < Mask.Tensors.Count; index++)
        {
            Load(index, Mask.Layout.Tensors[Mask.Tensors[index].Tensor].Name, state);
        }
    }

    private bool IsOfMask(StateSection state) =>
        state.Text(MaskKey) is var id && (id == Mask.BareId.ToString() || id == Mask.Id.ToString());

    // All tensors are checked first: an update is complete or does not happen.
    private void Check(TensorValues parameters, TensorGradients gradientOf)
    {
        for (var index = 0; index < Mask.Tensors.Count; index++)
        {
            var tensor = Mask.Tensors[index].Tensor;
            var info = Mask.Layout.Tensors[tensor];
            var (values, gradient) = (parameters(tensor).Length, gradientOf(tensor).Length);
            if (gradient > 0 && (values != info.Units || gradient != info.Units))
            {
                throw new ArgumentException(
                    $"Tensor '{info.Name}' has {info.Units} elements; got {values} and a gradient of {gradient}.");
            }
        }
    }

    /// <summary>Begins and counts an update of a tensor of the mask.</summary>
    private protected abstract void Begin(int maskTensor);

    /// <summary>Updates some consecutive positions of a tensor of the mask.</summary>
    private protected abstract void UpdateRun(int maskTensor, int begin, Span<float> run, ReadOnlySpan<float> gradient);

    /// <summary>Transfers the state to another mask.</summary>
    private protected abstract void Carry(MaskOverlap overlap);

    private protected abstract void Save(int maskTensor, string name, StateSection state);

    /// <summary>Refuses the state of another kind of optimizer.</summary>
    private protected abstract void CheckParts(StateSection state);

    /// <summary>Refuses a state that <see cref="Load"/> cannot use.</summary>
    private protected abstract void CheckPart(int maskTensor, string name, StateSection state);

    private protected abstract void Load(int maskTensor, string name, StateSection state);
}
