namespace FishCheckpoint.Tensors;

/// <summary>Finds tensors by name where one side's model was wrapped: PyTorch's parallel and compiled modules put <c>module.</c> or
/// <c>_orig_mod.</c> into names.</summary>
internal sealed class TensorNames
{
    private readonly HashSet<string> names;
    private readonly Dictionary<string, string?> bare = new(StringComparer.Ordinal);

    /// <summary>Takes the names that are looked among.</summary>
    public TensorNames(IEnumerable<string> names)
    {
        this.names = new HashSet<string>(names, StringComparer.Ordinal);
        foreach (var name in this.names)
        {
            // Two that differ by a wrapper alone: only their exact names find them.
            var key = Bare(name);
            bare[key] = bare.ContainsKey(key) ? null : name;
        }
    }

    /// <summary>A name without what wrapping adds at any depth: <c>module.0._orig_mod.weight</c> is <c>0.weight</c>.</summary>
    public static string Bare(string name)
    {
        if (!name.Contains("mod", StringComparison.Ordinal))
        {
            return name;
        }

        var parts = name.Split('.');
        if (!parts.Any(IsWrapper))
        {
            return name;
        }

        var kept = string.Join('.', parts.Where(part => !IsWrapper(part)));
        return kept.Length > 0 ? kept : name;
    }

    /// <summary>The name among these: the same one, else the only one that is the same without what wrapping adds.</summary>
    /// <returns><see langword="null"/> when there is none.</returns>
    public string? Find(string name) => names.Contains(name) ? name : bare.GetValueOrDefault(Bare(name));

    private static bool IsWrapper(string part) => part is "module" or "_orig_mod" or "_fsdp_wrapped_module" or "_checkpoint_wrapped_module";
}
