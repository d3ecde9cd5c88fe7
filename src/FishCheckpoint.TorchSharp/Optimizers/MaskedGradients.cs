using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using TorchSharp;
using TorchSharp.Modules;

namespace FishCheckpoint.TorchSharp;

/// <summary>
/// Sets gradients outside a mask to 0, for loops with an ordinary optimizer. Weight decay and earlier momentum still change values outside
/// the mask; the hook's leak check finds them. <see cref="TorchMaskedOptimizer"/> avoids both.
/// </summary>
/// <param name="model">The model. Not owned.</param>
public sealed class MaskedGradients(TorchModel model) : IDisposable
{
    private readonly Dictionary<int, IndexCache> caches = [];

    /// <summary>Masks the current gradients in place; call it between <c>backward</c> and the optimizer's step.</summary>
    /// <param name="mask">The positions whose gradients stay unchanged; on the model's layout, including aliases.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.LayoutMismatch"/>: the mask has another layout.</exception>
    public void Apply(Mask mask)
    {
        if (mask.Layout.Id != model.Layout.Id)
        {
            throw new FishException(
                ErrorCode.LayoutMismatch, "mask", "The mask and the model have different layouts.", "Choose it on the model's layout.");
        }

        var masks = mask.Tensors.ToDictionary(tensor => tensor.Tensor);
        for (var tensor = 0; tensor < model.Tensors.Count; tensor++)
        {
            using var scope = torch.NewDisposeScope();
            using var noGrad = torch.no_grad();

            // A tied parameter that is the same object as an earlier one has the same gradient and positions.
            foreach (var alias in model.WithAliases(tensor))
            {
                Apply(alias, tensor, masks.GetValueOrDefault(tensor));
            }
        }
    }

    /// <summary>Disposes the cached index tensors; the model is unchanged.</summary>
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

    // An expanded gradient repeats one value in memory and cannot be masked, so it is copied first.
    private static torch.Tensor Writable(torch.Tensor gradient, Parameter parameter, TensorInfo info)
    {
        if (gradient.is_sparse)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, info.Name, "The gradient is sparse.", "Create the embedding with dense gradients.");
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
