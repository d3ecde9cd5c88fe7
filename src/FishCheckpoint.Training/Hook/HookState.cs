using System.Globalization;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>
/// The hook's own part of the trainer state: the mask, if it is not the hook's first one, and the number of saves since it changed.
/// </summary>
internal static class HookState
{
    /// <summary>The hook's section of the trainer state.</summary>
    public const string Section = "hook";

    private const string MaskId = "mask";
    private const string Saves = "saves_since_mask";
    private const string Positions = "positions/";

    public static void SaveTo(StateSection state, Mask mask, Mask first, int savesSinceMask)
    {
        state.Set(MaskId, mask.BareId.ToString());
        state.Set(Saves, (long)savesSinceMask);
        if (mask.Id == first.Id)
        {
            return;
        }

        foreach (var tensor in mask.Tensors)
        {
            state.Set(Positions + mask.Layout.Tensors[tensor.Tensor].Name, tensor.Positions.Span);
        }
    }

    public static (Mask Mask, int SavesSinceMask) LoadFrom(StateSection state, Mask first)
    {
        var (id, saves) = (state.Text(MaskId), checked((int)state.Long(Saves)));
        if (id == first.Id.ToString() || id == first.BareId.ToString())
        {
            return (first, saves);
        }

        var names = new TensorNames(first.Layout.Tensors.Select(tensor => tensor.Name));
        var mask = Mask.Create(
            first.Layout, state.Names.Where(name => name.StartsWith(Positions, StringComparison.Ordinal)).Select(name => new TensorMask(
            names.Find(name[Positions.Length..]) is { } found && first.Layout.TryIndexOf(found, out var tensor)
                ? tensor : throw state.Mismatch(name, "The model does not have this tensor."),
            state.Longs(name).ToArray())));
        return mask.Id.ToString() == id || mask.BareId.ToString() == id ? (mask, saves) : throw state.Mismatch(
            MaskId,
            string.Create(CultureInfo.InvariantCulture, $"The checkpoint was trained with the mask {id}; the hook has {first.Id}."));
    }
}
