using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>Updates masked values with tensor operations on their device: nothing is copied to the host.</summary>
internal sealed class TensorStep : IMaskedStep
{
    private const string MaskKey = "mask";
    private const string RateKey = "learning_rate";
    private const string KindKey = "optimizer";

    private readonly TorchModel model;
    private readonly ITensorKernel kernel;
    private Moments[] moments;
    private IndexCache[] places;
    private IndexCache[] positions;

    public TensorStep(TorchModel model, Mask mask, ITensorKernel kernel)
    {
        (this.model, Mask, this.kernel) = (model, mask, kernel);
        (moments, places, positions) = (New<Moments>(mask), New<IndexCache>(mask), New<IndexCache>(mask));
    }

    public Mask Mask { get; private set; }

    public long StateBytes => moments.Sum(moment => BytesOf(moment.First) + BytesOf(moment.Second));

    public void Step(double learningRate)
    {
        for (var index = 0; index < moments.Length; index++)
        {
            using var scope = torch.NewDisposeScope();
            using var noGrad = torch.no_grad();
            using var gradient = model.GradientOf(Mask.Tensors[index].Tensor);
            if (gradient is not null)
            {
                Step(index, gradient, learningRate);
            }
        }
    }

    public void SetMask(Mask mask)
    {
        Require(mask);
        var carried = Carry(mask);
        Dispose();
        (Mask, moments, places, positions) = (mask, carried, New<IndexCache>(mask), New<IndexCache>(mask));
    }

    public void SaveTo(StateSection state, double learningRate)
    {
        state.Set(KindKey, kernel.Kind);
        state.Set(MaskKey, Mask.Id.ToString());
        state.Set(RateKey, learningRate);
        for (var index = 0; index < moments.Length; index++)
        {
            var info = InfoOf(index);
            if (kernel.StepKey is { } key)
            {
                state.Set(key + info.Name, moments[index].Steps);
            }

            Save(state, kernel.FirstKey, moments[index].First, index);
            Save(state, kernel.SecondKey, moments[index].Second, index);
        }
    }

    public void Check(StateSection state)
    {
        state.Require(KindKey, kernel.Kind);
        state.Double(RateKey);
        var hasMoments = state.Names.Any(name => name.StartsWith("exp_avg/", StringComparison.Ordinal));
        if (Mask.Count > 0 && hasMoments != (kernel.StepKey is not null))
        {
            throw state.Mismatch("exp_avg", $"The state does not belong to the optimizer {kernel.Kind}.");
        }

        // A state of another mask is checked again after that mask is set.
        for (var index = 0; state.Text(MaskKey) == Mask.Id.ToString() && index < moments.Length; index++)
        {
            CheckPart(state, index);
        }
    }

    public double LoadFrom(StateSection state)
    {
        Check(state);
        if (state.Text(MaskKey) != Mask.Id.ToString())
        {
            throw state.Mismatch(MaskKey, $"The state belongs to the mask {state.Text(MaskKey)}; the optimizer has {Mask.Id}.");
        }

        var rate = state.Double(RateKey);
        for (var index = 0; index < moments.Length; index++)
        {
            moments[index].Dispose();
            var name = InfoOf(index).Name;
            moments[index].Steps = kernel.StepKey is not { } key ? 0 : state.Long(key + name);
            moments[index].First = Load(state, kernel.FirstKey, index);
            moments[index].Second = Load(state, kernel.SecondKey, index);
        }

        return rate;
    }

    public void Dispose()
    {
        foreach (var part in moments.Concat<IDisposable>(places).Concat(positions))
        {
            part.Dispose();
        }
    }

    private static T[] New<T>(Mask mask)
        where T : new() => [.. mask.Tensors.Select(_ => new T())];

    private static long BytesOf(torch.Tensor? moment) => moment is null ? 0 : moment.numel() * moment.ElementSize;

    private void Step(int index, torch.Tensor gradient, double rate)
    {
        var mask = Mask.Tensors[index];
        var flat = model.Tensors[mask.Tensor].Flat();
        var memory = flat.Memory();
        if (flat.IsContiguous && mask.Positions.Length == InfoOf(index).Units)
        {
            moments[index].Follow(memory);
            kernel.Step(memory, gradient.reshape(-1), moments[index], rate);
            return;
        }

        var place = places[index].Of(flat, mask);
        var values = memory.index_select(0, place);
        moments[index].Follow(values);
        kernel.Step(values, gradient.reshape(-1).index_select(0, PositionsOf(index, flat, place)), moments[index], rate);
        memory.index_copy_(0, place, values);
    }

    // Positions count through the shape; they equal memory offsets only if the memory has the same order.
    private torch.Tensor PositionsOf(int index, FlatTensor flat, torch.Tensor place) =>
        flat.IsContiguous ? place : positions[index].Of(flat, Mask.Tensors[index], asPositions: true);

    private TensorInfo InfoOf(int index) => Mask.Layout.Tensors[Mask.Tensors[index].Tensor];

    private void Require(Mask mask)
    {
        if (mask.Layout.Id != Mask.Layout.Id)
        {
            throw new FishException(
                ErrorCode.LayoutMismatch, "mask", "The mask has another layout.", "Choose it on the trained layout.");
        }
    }

    // Before the first step the moments are 0, which equals a missing state for Adam.
    private void Save(StateSection state, string? key, torch.Tensor? moment, int index)
    {
        var info = InfoOf(index);
        if (key is null || (moment is null && kernel.StepKey is null))
        {
            return;
        }

        if (moment is null)
        {
            state.Own(key + info.Name, info.Type, new byte[Mask.Tensors[index].Positions.Length * info.UnitSize]);
            return;
        }

        using var host = moment.cpu();
        state.Set(key + info.Name, info.Type, host.bytes);
    }

    private void CheckPart(StateSection state, int index)
    {
        var (info, count) = (InfoOf(index), Mask.Tensors[index].Positions.Length);
        if (kernel.StepKey is { } step && state.Long(step + info.Name) < 0)
        {
            throw state.Mismatch(step + info.Name, "It is negative.");
        }

        foreach (var key in new[] { kernel.FirstKey, kernel.SecondKey }.OfType<string>()
            .Where(key => kernel.StepKey is not null || state.Has(key + info.Name)))
        {
            state.Bytes(key + info.Name, info.Type, count);
        }
    }

    private torch.Tensor? Load(StateSection state, string? key, int index)
    {
        var info = InfoOf(index);
        if (key is null || (kernel.StepKey is null && !state.Has(key + info.Name)))
        {
            return null;
        }

        var bytes = state.Bytes(key + info.Name, info.Type, Mask.Tensors[index].Positions.Length).ToArray();
        using var scope = torch.NewDisposeScope();
        return model.Tensors[Mask.Tensors[index].Tensor].Flat().FromHost(bytes).DetachFromDisposeScope();
    }

    private Moments[] Carry(Mask mask)
    {
        var before = Mask.Tensors.Index().ToDictionary(pair => pair.Item.Tensor, pair => pair.Index);
        var carried = New<Moments>(mask);
        for (var index = 0; index < carried.Length; index++)
        {
            if (before.TryGetValue(mask.Tensors[index].Tensor, out var place))
            {
                var (from, to) = PositionOverlap.Of(Mask.Tensors[place].Positions.Span, mask.Tensors[index].Positions.Span);
                carried[index].Steps = moments[place].Steps;
                carried[index].First = Carry(moments[place].First, from, to, mask.Tensors[index].Positions.Length);
                carried[index].Second = Carry(moments[place].Second, from, to, mask.Tensors[index].Positions.Length);
            }
        }

        return carried;
    }

    private static torch.Tensor? Carry(torch.Tensor? moment, long[] from, long[] to, int length)
    {
        if (moment is null)
        {
            return null;
        }

        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var carried = torch.zeros(length, moment.dtype, moment.device);
        if (from.Length > 0)
        {
            carried.index_copy_(0, torch.tensor(to).to(moment.device), moment.index_select(0, torch.tensor(from).to(moment.device)));
        }

        return carried.DetachFromDisposeScope();
    }
}
