using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Pickles;

namespace FishCheckpoint.Interchange.Torch;

/// <summary>Finds the state dict in a saved object.</summary>
internal static class StateDict
{
    // The usual keys of trainers; if several exist, the caller must choose.
    private static readonly string[] Usual = ["state_dict", "model_state_dict", "model"];

    /// <summary>Finds the map of names to tensors.</summary>
    /// <param name="file">The file.</param>
    /// <param name="key">Its key, or several with slashes between; <see langword="null"/>: the whole file, or one of the usual
    /// keys.</param>
    /// <returns>The tensors in the map's order, and their key.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.TorchFileInvalid"/>: there is none, or more than one.</exception>
    public static (IReadOnlyList<(string Name, TorchTensor Tensor)> Tensors, string? Key) Find(TorchFile file, string? key)
    {
        var root = file.Root as PickleMap ?? throw TorchErrors.Cannot(
            file.Key, $"The file contains {KindOf(file.Root)}, not a map of names to tensors.",
            "Write a state dict: torch.save(model.state_dict(), ...).");
        if (key is not null)
        {
            return (Read(file, Below(file, root, key), key), key);
        }

        if (!root.HasUnread && root.Entries.All(entry => entry.Value is TorchTensor))
        {
            return (Read(file, root, null), null);
        }

        string[] found = [.. Usual.Where(name => root.TryGet(name, out var value) && value is PickleMap map && IsModel(map))];
        if (found.Length == 1)
        {
            root.TryGet(found[0], out var below);
            return (Read(file, (PickleMap)below!, found[0]), found[0]);
        }

        throw found.Length > 1
            ? TorchErrors.Cannot(
                file.Key, $"The file contains several models: {string.Join(", ", found)}.", "Choose one with --state-dict.")
            : TorchErrors.Cannot(file.Key, NotAModel(root), $"Choose the model with --state-dict; the keys are {KeysOf(root)}.");
    }

    private static bool IsModel(PickleMap map) =>
        map.Entries.Count > 0 && !map.HasUnread && map.Entries.All(entry => entry.Value is TorchTensor);

    private static PickleMap Below(TorchFile file, PickleMap root, string key)
    {
        var map = root;
        foreach (var name in key.Split('/'))
        {
            map = map.TryGet(name, out var value) && value is PickleMap below ? below
                : throw TorchErrors.Cannot(
                    file.Key, $"The key {PickleErrors.Quote(name)} has no map.", $"The keys are {KeysOf(map)}.");
        }

        return map;
    }

    private static (string Name, TorchTensor Tensor)[] Read(TorchFile file, PickleMap map, string? key) => map.HasUnread
        ? throw TorchErrors.Cannot(
            file.Key, $"The map{(key is null ? "" : $" under {PickleErrors.Quote(key)}")} has keys that are neither texts nor numbers.",
            "Write a map of names to tensors only.")
        : [.. map.Entries.Select(entry =>
    {
        var name = entry.Key as string ?? throw TorchErrors.Invalid(file.Key, "A tensor's name is not a text.");
        var tensor = entry.Value as TorchTensor ?? throw TorchErrors.Cannot(
            file.Key,
            $"{PickleErrors.Quote(name)}{(key is null ? "" : $" under {PickleErrors.Quote(key)}")} is {KindOf(entry.Value)}, not a tensor.",
            "Write the file with tensors only.");
        return tensor.Type is not null ? (name, tensor) : throw new FishException(
            ErrorCode.HeaderUnknownDtype, $"{file.Key}: {name}",
            $"The tensor has the type {tensor.Storage.TypeName}, which safetensors does not support.", "Convert it before writing.");
    })];

    private static string NotAModel(PickleMap root) =>
        root.Entries.FirstOrDefault(entry => entry.Value is not TorchTensor) is { Key: not null } entry
        ? $"{PickleErrors.Quote($"{entry.Key}")} is {KindOf(entry.Value)}, so the map is not a state dict, and none of "
            + $"{string.Join(", ", Usual)} in it is one."
        : "The map is not a state dict.";

    private static string KeysOf(PickleMap map) =>
        map.Entries.Where(entry => entry.Value is PickleMap).Select(entry => PickleErrors.Quote($"{entry.Key}")).Take(20)
            .DefaultIfEmpty("none").Aggregate((left, right) => $"{left}, {right}");

    private static string KindOf(object? value) => value switch
    {
        null => "nothing",
        bool or long or double or System.Numerics.BigInteger => "a number",
        string or byte[] => "a text",
        PickleList => "a list",
        PickleTuple => "a tuple",
        PickleMap => "a map",
        TorchTensor => "a tensor",
        UnreadObject other => $"an object of type {other.Name}",
        UnreadClass other => $"the name {other.Name}",
        _ => "something else",
    };
}
