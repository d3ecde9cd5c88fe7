using System.Text;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Pickles;

namespace FishCheckpoint.Interchange.Torch;

/// <summary>
/// The names of PyTorch pickles: tensors and their containers. Other objects are skipped: never created, never run. One in place of a
/// tensor or a map of tensors is refused when it is looked up.
/// </summary>
/// <param name="key">The file, for errors.</param>
/// <param name="found">Called with each storage on its first use.</param>
internal sealed class TorchWorld(string key, Action<TorchStorage> found) : IPickleWorld
{
    private const int MaxUnread = 20;

    private readonly Dictionary<string, TorchStorage> storages = new(StringComparer.Ordinal);
    private readonly SortedSet<string> unread = new(StringComparer.Ordinal);

    /// <summary>The used storages, by key.</summary>
    public IReadOnlyDictionary<string, TorchStorage> Storages => storages;

    /// <summary>The classes and functions of unread objects; the first few by name.</summary>
    public IReadOnlyCollection<string> Unread => unread;

    // Names that only hostile files use are refused; all others are skipped.
    public object? Find(string module, string name) =>
        TorchNames.Find(module, name) ?? (HostileNames.Has(module, name) ? null : new UnreadClass($"{module}.{name}"));

    public object? Create(object type, PickleTuple arguments) => type switch
    {
        UnreadClass unknown => Skip(unknown.Name),
        UnreadObject made => Skip(made.Name),
        _ => Call(type, arguments),
    };

    public object? Call(object function, PickleTuple arguments)
    {
        if (function is UnreadClass or UnreadObject)
        {
            return Create(function, arguments);
        }

        var items = arguments.Items;
        return (function, items.Length) switch
        {
            (TorchName.RebuildTensor, 4) => TensorViews.Rebuild(key, items[0], items[1], items[2], items[3], null),
            (TorchName.RebuildTensorV2, 6 or 7) =>
                TensorViews.Rebuild(key, items[0], items[1], items[2], items[3], NoMetadata(items, 6, null)),
            (TorchName.RebuildTensorV3, 7 or 8) =>
                TensorViews.Rebuild(key, items[0], items[1], items[2], items[3], NoMetadata(items, 7, items[6])),
            (TorchName.RebuildParameter, 3) or (TorchName.RebuildParameterWithState, 4) => items[0] as TorchTensor ?? throw Wrong(function),
            (TorchName.RebuildFromType, 4) when items[1] is TorchName.TensorType && items[0] is TorchName and not TorchName.RebuildFromType
                && items[2] is PickleTuple inner =>
                Call(items[0]!, inner) as TorchTensor ?? throw Wrong(function),
            (TorchName.OrderedMap, 0) => new PickleMap(key),
            (TorchName.OrderedMap, 1) when items[0] is PickleList pairs => MapOf(pairs),
            (TorchName.Set, 0) => new PickleList(),
            (TorchName.Set, 1) when items[0] is PickleList => items[0],
            (TorchName.Size, 1) when items[0] is PickleTuple => items[0],
            (TorchName.Device, 1 or 2) when items[0] is string => string.Join(':', items),
            (TorchName.EncodedBytes, 2) when items is [string text, "latin1"] => Latin(text),
            (TorchName.NumpyDtype, 3) when items[0] is string code => new NumpyDtype(code),
            (TorchName.NumpyScalar, 2)
                when items is [NumpyDtype type, byte[] bytes] && NumpyNumbers.TryRead(type, bytes) is { } number => number,
            (TorchName.NumpyScalar, 1 or 2) => Skip("numpy scalar"),
            (TorchName.NumpyDtype, 3) when items[0] is UnreadObject or UnreadClass => Skip("numpy.dtype"),
            _ => throw Wrong(function),
        };
    }

    // A state dict's _metadata, with the versions of modules, is set on the map itself.
    public void Build(object? target, object? state)
    {
        switch (target, state)
        {
            case (PickleMap, PickleMap):
            case (UnreadObject, _):
                return;
            case (NumpyDtype type, PickleTuple { Items: [long, string order, ..] }):
                type.IsLittle = order is "<" or "|";
                return;
            default:
                throw PickleErrors.Refused(key, "a state (BUILD) for an object that has none");
        }
    }

    public object? Persistent(object? id)
    {
        if (id is not PickleTuple { Items: ["storage", StorageClass type, string name, string, long count, .. var view] }
            || view is not ([] or [null]))
        {
            throw PickleErrors.Refused(key, "an outside object that is not a tensor's storage");
        }

        if (count < 0 || count > long.MaxValue / type.Size)
        {
            throw TorchErrors.Invalid(key, $"The storage {PickleErrors.Quote(name)} has an invalid length of {count} elements.");
        }

        var storage = new TorchStorage(name, type.Type, type.Name, type.Size, count);
        if (storages.TryGetValue(name, out var known))
        {
            return (known.TypeName, known.Count) == (storage.TypeName, storage.Count) ? known
                : throw TorchErrors.Invalid(key, $"The storage {PickleErrors.Quote(name)} is used with two types or lengths.");
        }

        found(storage);
        storages.Add(name, storage);
        return storage;
    }

    private UnreadObject Skip(string name)
    {
        // A name from the pickle, shortened and without control sequences for terminals.
        var quoted = PickleErrors.Quote(name).Trim('\'');
        if (unread.Count < MaxUnread)
        {
            unread.Add(quoted);
        }

        return new UnreadObject(quoted);
    }

    private PickleMap MapOf(PickleList pairs)
    {
        var map = new PickleMap(key);
        foreach (var pair in pairs.Items)
        {
            switch (pair)
            {
                case PickleTuple { Items: [var name, var value] }: map.Add(name, value); break;
                case PickleList { Items: [var name, var value] }: map.Add(name, value); break;
                default: throw PickleErrors.Invalid(key, "A map's items are not pairs.");
            }
        }

        return map;
    }

    private byte[] Latin(string text) =>
        text.All(letter => letter <= 0xFF) ? Encoding.Latin1.GetBytes(text) : throw PickleErrors.Invalid(key, "A text is not in Latin-1.");

    // The bits of conjugate and negative views differ from the stored ones.
    private object? NoMetadata(object?[] items, int place, object? value) =>
        items.Length == place || items[place] is null or PickleMap { Entries.Count: 0 } ? value
        : throw TorchErrors.Cannot(
            key, "A tensor is stored as a conjugate or negative view.", "Write tensor.resolve_conj().resolve_neg().");

    private FishException Wrong(object function) => function is TorchName or StorageClass or DtypeName
        ? PickleErrors.Invalid(
            key, $"{(function as StorageClass)?.Name ?? function.ToString()} is called with other arguments than PyTorch's.")
        : PickleErrors.Refused(key, $"a call of an object that is not a function ({function.GetType().Name})");
}
