namespace FishCheckpoint.Interchange.Pickles;

/// <summary>The stack of a pickle with its marks and memo, and the limits on all created objects.</summary>
internal sealed class PickleStack(string key, PickleLimits limits)
{
    private readonly List<object?> values = [];
    private readonly List<int> marks = [];
    private readonly Dictionary<uint, object?> memo = [];
    private int objects;
    private int items;

    /// <summary>Pushes a value.</summary>
    public void Push(object? value)
    {
        Count(ref items, 1, limits.MaxItems, "values");
        values.Add(value);
    }

    /// <summary>Pushes a new object.</summary>
    public void PushNew(object? value)
    {
        Count(ref objects, 1, limits.MaxObjects, "objects");
        Push(value);
    }

    public void Mark()
    {
        Count(ref items, 1, limits.MaxItems, "values");
        marks.Add(values.Count);
    }

    /// <summary>Pops the top value, but not past a mark.</summary>
    public object? Pop()
    {
        var value = Peek();
        values.RemoveAt(values.Count - 1);
        return value;
    }

    /// <summary>The top value.</summary>
    public object? Peek() => values.Count > (marks.Count == 0 ? 0 : marks[^1])
        ? values[^1] : throw PickleErrors.Invalid(key, "The pickle takes a value from an empty stack.");

    /// <summary>The top value, of a required kind.</summary>
    public T Peek<T>(string what)
        where T : class => Peek() as T ?? throw PickleErrors.Invalid(key, $"The pickle fills {what} that does not exist.");

    /// <summary>Pops all values down to the last mark, and the mark.</summary>
    public object?[] PopToMark()
    {
        if (marks.Count == 0)
        {
            throw PickleErrors.Invalid(key, "The pickle returns to a mark that does not exist.");
        }

        var taken = values.GetRange(marks[^1], values.Count - marks[^1]).ToArray();
        values.RemoveRange(marks[^1], taken.Length);
        marks.RemoveAt(marks.Count - 1);
        return taken;
    }

    /// <summary>Pops the last remaining value.</summary>
    public object? PopLast()
    {
        var value = Pop();
        return values.Count == 0 && marks.Count == 0 ? value : throw PickleErrors.Invalid(key, "The pickle ends with more than one value.");
    }

    public void Remember(uint place)
    {
        Count(ref items, 1, limits.MaxItems, "values");
        memo[place] = Peek();
    }

    public void Memoize() => Remember((uint)memo.Count);

    public void Recall(uint place) =>
        Push(memo.TryGetValue(place, out var value) ? value
            : throw PickleErrors.Invalid(key, $"The pickle reads memo entry {place}, which it did not write."));

    private void Count(ref int counter, int more, int max, string what) =>
        counter = counter + more <= max ? counter + more : throw PickleErrors.TooLarge(key, $"The pickle creates more than {max} {what}.");
}
