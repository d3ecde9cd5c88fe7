namespace FishCheckpoint.Tensors;

/// <summary>
/// Finds tensors by name even if one side's model was wrapped: PyTorch's parallel and compiled modules insert <c>module.</c> or
/// <c>_orig_mod.</c> into names.
/// </summary>
internal sealed class TensorNames
{
    private readonly HashSet<string> names;
    private readonly Dictionary<string, string?> bare = new(StringComparer.Ordinal);

    /// <summary>Creates a lookup over these names.</summary>
    public TensorNames(IEnumerable<string> names)
    {
        this.names = new HashSet<string>(names, StringComparer.Ordinal);
        foreach (var name in this.names)
        {
            // If two names differ only by a wrapper, only exact matches find them.
            var key = Bare(name);
            bare[key] = bare.ContainsKey(key) ? null : name;
        }
    }

    /// <summary>A name without wrapper prefixes at any depth: <c>module.0._orig_mod.weight</c> becomes <c>0.weight</c>.</summary>
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

    /// <summary>Finds a name: the exact one, else the only one that is equal without wrapper prefixes.</summary>
    /// <returns><see langword="null"/> if there is none.</returns>
    public string? Find(string name) => names.Contains(name) ? name : bare.GetValueOrDefault(Bare(name));

    private static bool IsWrapper(string part) => part is "module" or "_orig_mod" or "_fsdp_wrapped_module" or "_checkpoint_wrapped_module";
}
