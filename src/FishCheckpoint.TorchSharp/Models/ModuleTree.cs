using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>The submodules of a module by path, and its tensors by their state dictionary names.</summary>
internal sealed class ModuleTree
{
    private readonly Dictionary<string, torch.nn.Module> modules = new(StringComparer.Ordinal);

    public ModuleTree(torch.nn.Module root) => Add(string.Empty, root);

    /// <summary>Each tensor's name: parameters first, then persistent buffers, both from the root down.</summary>
    public IEnumerable<string> Names =>
        modules.SelectMany(pair => pair.Value.named_parameters(false).Select(leaf => Join(pair.Key, leaf.name)))
        .Concat(modules.SelectMany(pair => pair.Value.named_buffers(false).Select(leaf => Join(pair.Key, leaf.name))));

    /// <summary>All modules, each before its children.</summary>
    public IEnumerable<torch.nn.Module> Modules => modules.Values;

    /// <summary>Finds a tensor by its name, aliases included.</summary>
    /// <returns><see langword="null"/> when there is none.</returns>
    public (torch.nn.Module Owner, string Leaf, bool IsParameter, torch.Tensor Tensor)? Find(string name)
    {
        // The longest path first: keys of a parameter dictionary may contain dots.
        for (var dot = name.Length; dot >= 0; dot = dot == 0 ? -1 : Math.Max(0, name.LastIndexOf('.', dot - 1)))
        {
            var (path, leaf) = dot == 0 ? (string.Empty, name) : dot == name.Length
                ? (name, string.Empty) : (name[..dot], name[(dot + 1)..]);
            if (leaf.Length == 0 || !modules.TryGetValue(path, out var owner))
            {
                continue;
            }

            if (owner.get_parameter(leaf) is { } parameter)
            {
                return (owner, leaf, true, parameter);
            }

            if (owner.get_buffer(leaf) is { } buffer)
            {
                return (owner, leaf, false, buffer);
            }
        }

        return null;
    }

    /// <summary>The tensor of a name from <see cref="Names"/>.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: the module does not return its tensors by name.</exception>
    public torch.Tensor Get(string name) => Find(name)?.Tensor ?? throw new FishException(
        ErrorCode.RequestInvalid, name, "The module lists the tensor but does not return it by name; TorchScript modules do this.",
        "Use a TorchSharp module.");

    /// <summary>The layout entry of a tensor.</summary>
    public static TensorInfo InfoOf(string name, torch.Tensor tensor) => new(name, TorchDTypes.Of(tensor.dtype, name), tensor.shape);

    private static string Join(string path, string leaf) => path.Length == 0 ? leaf : $"{path}.{leaf}";

    private void Add(string path, torch.nn.Module module)
    {
        modules.Add(path, module);
        foreach (var (name, child) in module.named_children())
        {
            Add(Join(path, name), child);
        }
    }
}
