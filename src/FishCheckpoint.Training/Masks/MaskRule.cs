using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>How many positions a mask may have, and which tensors it includes regardless of scores.</summary>
public sealed record MaskRule
{
    /// <summary>The share of all trainable elements in the mask, from 0 to 1. Default: 0.005, the paper's smallest.</summary>
    public double Ratio { get; init; } = 0.005;

    /// <summary>
    /// Tensors that the mask includes with every position, such as a new classifier head. They count in the budget and may be anywhere in
    /// the layout. Default: none. <see cref="Named"/>, <see cref="NamePrefix"/>, <see cref="NameLike"/> and <see cref="AnyOf"/> create such
    /// predicates.
    /// </summary>
    public Func<TensorInfo, bool> AlwaysTrained { get; init; } = _ => false;

    /// <summary>
    /// Tensors that can train. The others, such as position ids and other buffers, are in no mask and no budget. Default: all float dtypes
    /// with whole bytes per element.
    /// </summary>
    public Func<TensorInfo, bool> Trainable { get; init; } = IsFloat;

    /// <summary>
    /// Tensors that share memory: they count once, compete once, and have the same positions. Default: <see cref="TiedTensors.None"/>.
    /// </summary>
    public TiedTensors Tied { get; init; } = TiedTensors.None;

    /// <summary>Selects tensors by exact names.</summary>
    public static Func<TensorInfo, bool> Named(params IEnumerable<string> names)
    {
        var set = names.ToHashSet(StringComparer.Ordinal);
        return tensor => set.Contains(tensor.Name);
    }

    /// <summary>Selects tensors by a name prefix such as <c>classifier.</c>.</summary>
    public static Func<TensorInfo, bool> NamePrefix(string prefix) => tensor => tensor.Name.StartsWith(prefix, StringComparison.Ordinal);

    /// <summary>Selects tensors by a pattern for the whole name, such as <c>*.classifier.*</c>.</summary>
    /// <param name="pattern"><c>*</c> matches any text, also none; <c>?</c> matches one character; case matters.</param>
    public static Func<TensorInfo, bool> NameLike(string pattern) => tensor => NamePattern.Matches(pattern, tensor.Name);

    /// <summary>Selects tensors that any predicate selects.</summary>
    public static Func<TensorInfo, bool> AnyOf(params IEnumerable<Func<TensorInfo, bool>> predicates)
    {
        Func<TensorInfo, bool>[] all = [.. predicates];
        return tensor => Array.Exists(all, predicate => predicate(tensor));
    }

    /// <summary>Whether a tensor is a bias term by its name: <c>bias</c>, or a name that ends in <c>.bias</c>.</summary>
    public static bool IsBias(TensorInfo tensor) => tensor.Name == "bias" || tensor.Name.EndsWith(".bias", StringComparison.Ordinal);

    /// <summary>Whether a tensor has floats with one addressable unit each.</summary>
    public static bool IsFloat(TensorInfo tensor) => tensor.Type is DType.F64 or DType.F32 or DType.F16 or DType.BF16
        or DType.F8E4M3 or DType.F8E5M2 or DType.F8E4M3Fnuz or DType.F8E5M2Fnuz;
}
