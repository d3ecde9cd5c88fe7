using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>How many positions a mask may have, and which tensors are in it whatever their scores.</summary>
public sealed record MaskRule
{
    /// <summary>The share of all trainable elements that the mask may hold, from 0 to 1. Default: 0.005, the paper's smallest.</summary>
    public double Ratio { get; init; } = 0.005;

    /// <summary>
    /// Tensors that are in the mask with every position, such as a new classifier head; they count in the budget. They may stand anywhere
    /// in the layout. Default: none. <see cref="Named"/>, <see cref="NamePrefix"/>, <see cref="NameLike"/> and <see cref="AnyOf"/> make
    /// such predicates.
    /// </summary>
    public Func<TensorInfo, bool> AlwaysTrained { get; init; } = _ => false;

    /// <summary>
    /// Tensors that train at all; others are in no mask and count in no budget (buffers, such as position ids). Default: all of a float
    /// dtype with whole bytes per element.
    /// </summary>
    public Func<TensorInfo, bool> Trainable { get; init; } = IsFloat;

    /// <summary>
    /// Tensors that are the same memory: they count once, compete once, and have the same positions. Default:
    /// <see cref="TiedTensors.None"/>.
    /// </summary>
    public TiedTensors Tied { get; init; } = TiedTensors.None;

    /// <summary>Picks tensors by their exact names.</summary>
    public static Func<TensorInfo, bool> Named(params IEnumerable<string> names)
    {
        var set = names.ToHashSet(StringComparer.Ordinal);
        return tensor => set.Contains(tensor.Name);
    }

    /// <summary>Picks tensors by the beginning of their names, as in <c>classifier.</c>.</summary>
    public static Func<TensorInfo, bool> NamePrefix(string prefix) => tensor => tensor.Name.StartsWith(prefix, StringComparison.Ordinal);

    /// <summary>Picks tensors by a pattern of their whole names, as in <c>*.classifier.*</c>.</summary>
    /// <param name="pattern"><c>*</c> stands for any text, also for none, <c>?</c> for one character; case matters.</param>
    public static Func<TensorInfo, bool> NameLike(string pattern) => tensor => NamePattern.Matches(pattern, tensor.Name);

    /// <summary>Picks tensors that any of the predicates picks.</summary>
    public static Func<TensorInfo, bool> AnyOf(params IEnumerable<Func<TensorInfo, bool>> predicates)
    {
        Func<TensorInfo, bool>[] all = [.. predicates];
        return tensor => Array.Exists(all, predicate => predicate(tensor));
    }

    /// <summary>Whether a tensor is a bias term by its name: <c>bias</c>, or ending in <c>.bias</c>.</summary>
    public static bool IsBias(TensorInfo tensor) => tensor.Name == "bias" || tensor.Name.EndsWith(".bias", StringComparison.Ordinal);

    /// <summary>Whether a tensor holds floats, one to an addressable unit.</summary>
    public static bool IsFloat(TensorInfo tensor) => tensor.Type is DType.F64 or DType.F32 or DType.F16 or DType.BF16
        or DType.F8E4M3 or DType.F8E5M2 or DType.F8E4M3Fnuz or DType.F8E5M2Fnuz;
}
