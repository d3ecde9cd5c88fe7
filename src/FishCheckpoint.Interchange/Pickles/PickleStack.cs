namespace FishCheckpoint.Interchange.Pickles;

/// <summary>The stack of a pickle, its marks and its memo, with the limits on all that is made.</summary>
internal sealed class PickleStack(string key, PickleLimits limits)
{
    private readonly List<object?> values = [];
    private readonly List<int> marks = [];
    private readonly Dictionary<uint, object?> memo = [];
    private int objects;
    private int items;

    /// <summary>Puts a value on the stack.</summary>
    public void Push(object? value)
    {
        Count(ref items, 1, limits.MaxItems, "values");
        values.Add(value);
    }

    /// <summary>Puts something on the stack that was made anew.</summary>
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

    /// <summary>Takes the value on top. A mark is not passed.</summary>
    public object? Pop()
    {
        var value = Peek();
        values.RemoveAt(values.Count - 1);
        return value;
    }

    /// <summary>The value on top.</summary>
    public object? Peek() => values.Count > (marks.Count == 0 ? 0 : marks[^1])
        ? values[^1] : throw PickleErrors.Invalid(key, "The pickle takes a value where there is none.");

    /// <summary>The value on top, which has to be of a kind.</summary>
    public T Peek<T>(string what)
        where T : class => Peek() as T ?? throw PickleErrors.Invalid(key, $"The pickle fills {what} where there is none.");

    /// <summary>Takes all values down to the last mark, and the mark.</summary>
    public object?[] PopToMark()
    {
        if (marks.Count == 0)
        {
            throw PickleErrors.Invalid(key, "The pickle goes back to a mark where there is none.");
        }

        var taken = values.GetRange(marks[^1], values.Count - marks[^1]).ToArray();
        values.RemoveRange(marks[^1], taken.Length);
        marks.RemoveAt(marks.Count - 1);
        return taken;
    }

    /// <summary>Takes the only value that is left.</summary>
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
            : throw PickleErrors.Invalid(key, $"The pickle recalls {place}, which it did not note."));

    private void Count(ref int counter, int more, int most, string what) =>
        counter = counter + more <= most ? counter + more : throw PickleErrors.TooLarge(key, $"The pickle makes more than {most} {what}.");
}
