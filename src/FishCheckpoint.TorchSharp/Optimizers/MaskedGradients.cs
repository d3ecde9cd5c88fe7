using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using TorchSharp;
using TorchSharp.Modules;

namespace FishCheckpoint.TorchSharp;

/// <summary>
/// Sets gradients off a mask to 0, for loops that keep an ordinary optimizer. Weight decay, and momentum from before, still change what
/// lies off the mask: the hook's leak check finds that. <see cref="TorchMaskedOptimizer"/> has neither trouble.
/// </summary>
/// <param name="model">The model. Not owned.</param>
public sealed class MaskedGradients(TorchModel model) : IDisposable
{
    private readonly Dictionary<int, IndexCache> caches = [];

    /// <summary>Masks the gradients there are, in place; call it between <c>backward</c> and the optimizer's step.</summary>
    /// <param name="mask">The positions whose gradients stay, bit for bit; of the model's layout, aliases included.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.LayoutMismatch"/>: the mask is of another layout.</exception>
    public void Apply(Mask mask)
    {
        if (mask.Layout.Id != model.Layout.Id)
        {
            throw new FishException(
                ErrorCode.LayoutMismatch, "mask", "The mask is of another layout than the model.", "Choose it on the model's layout.");
        }

        var masks = mask.Tensors.ToDictionary(tensor => tensor.Tensor);
        for (var tensor = 0; tensor < model.Tensors.Count; tensor++)
        {
            using var scope = torch.NewDisposeScope();
            using var noGrad = torch.no_grad();

            // A tied parameter that is one object with an earlier one has the same gradient, and the same positions.
            foreach (var alias in model.WithAliases(tensor))
            {
                Apply(alias, tensor, masks.GetValueOrDefault(tensor));
            }
        }
    }

    /// <summary>Frees the index tensors that are kept; the model stays as it is.</summary>
    public void Dispose()
    {
        foreach (var cache in caches.Values)
        {
            cache.Dispose();
        }

        caches.Clear();
    }

    private void Apply(ModuleTensor alias, int tensor, TensorMask? mask)
    {
        if (alias.Parameter is not { grad: { } gradient } parameter)
        {
            return;
        }

        if (mask is null)
        {
            gradient.zero_();
        }
        else if (mask.Positions.Length < alias.Info.Units)
        {
            Keep(Writable(gradient, parameter, alias.Info), tensor, alias.Info, mask);
        }
    }

    // One value that stands for many, as in an expanded gradient, cannot be masked: each gets its own.
    private static torch.Tensor Writable(torch.Tensor gradient, Parameter parameter, TensorInfo info)
    {
        if (gradient.is_sparse)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, info.Name, "The gradient is sparse.", "Make the embedding with dense gradients.");
        }

        return new TensorShape(gradient.shape, gradient.stride()).IsInjective ? gradient : parameter.grad = gradient.contiguous();
    }

    private void Keep(torch.Tensor gradient, int tensor, TensorInfo info, TensorMask mask)
    {
        var dense = gradient.is_contiguous() ? gradient : gradient.contiguous();
        var flat = FlatTensor.Of(dense, info);
        if (flat.IsOnHost)
        {
            var kept = new byte[mask.Positions.Length * info.UnitSize];
            flat.Gather(mask.Positions.Span, null, kept);
            dense.zero_();
            flat.Scatter(mask.Positions.Span, null, kept);
        }
        else
        {
            var memory = flat.Memory();
            var index = CacheOf(tensor).Of(model.Tensors[tensor].Flat(), mask, asPositions: true);
            var kept = memory.index_select(0, index);
            memory.zero_().index_copy_(0, index, kept);
        }

        if (!ReferenceEquals(dense, gradient))
        {
            gradient.copy_(dense);
        }
    }

    private IndexCache CacheOf(int tensor)
    {
        if (!caches.TryGetValue(tensor, out var cache))
        {
            caches.Add(tensor, cache = new IndexCache());
        }

        return cache;
    }
}
