using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>
/// A connection to the catalog's rows, by SQL with positional parameters (<c>$0</c>, <c>$1</c>, …). Digests and times are given and read as
/// such. One thread at a time.
/// </summary>
/// <remarks>Every call throws <see cref="CatalogException"/> where the database fails.</remarks>
internal abstract class CatalogConnection : IDisposable
{
    // Lists have few lengths, so that there are few distinct texts. SQLite looks for each parameter among all before it: one long list
    // takes longer than a few short ones.
    private static readonly int[] ListLengths = [4, 32, 256];

    /// <summary>
    /// Ids as parameters: a list such as <c>($1, $2, $3, $4)</c> to write after <c>IN</c>, and all arguments. Many ids are several lists,
    /// each for a statement of its own.
    /// </summary>
    /// <param name="ids">The ids, each once or more often. The last of a list may come again in it.</param>
    /// <param name="before">The arguments before them.</param>
    public static IEnumerable<(string List, object?[] Arguments)> In(IEnumerable<long> ids, params object?[] before)
    {
        foreach (var batch in ids.Distinct().Chunk(ListLengths[^1]))
        {
            var numbers = Enumerable.Range(0, ListLengths.First(length => length >= batch.Length)).ToArray();
            yield return (
                $"({string.Join(", ", numbers.Select(number => $"${before.Length + number}"))})",
                [.. before, .. numbers.Select(number => (object?)batch[Math.Min(number, batch.Length - 1)])]);
        }
    }

    /// <summary>The engine's questions and changes over this connection.</summary>
    public CatalogRows Rows => field ??= new CatalogRows(this);

    /// <inheritdoc cref="ICatalogView.Bytes"/>
    public abstract long Bytes { get; }

    /// <inheritdoc cref="ICatalogView.UnusedBytes"/>
    public abstract long UnusedBytes { get; }

    /// <summary>Runs all statements to their end.</summary>
    /// <returns>The rows that were changed.</returns>
    public abstract int Execute(string sql, params ReadOnlySpan<object?> arguments);

    /// <summary>As <see cref="Execute"/>, for deleting or replacing rows: damage in what goes does not stop it.</summary>
    public abstract void Discard(string sql, params ReadOnlySpan<object?> arguments);

    /// <summary>Inserts one row.</summary>
    /// <returns>Its id.</returns>
    public abstract long Insert(string sql, params ReadOnlySpan<object?> arguments);

    /// <summary>The first value of the first row; the type's default where there is none, or it is null. A condition is 0 or 1, a sum an
    /// integer.</summary>
    public abstract T Scalar<T>(string sql, params ReadOnlySpan<object?> arguments);

    /// <summary>All rows.</summary>
    public abstract List<T> Query<T>(string sql, Func<CatalogRow, T> read, params ReadOnlySpan<object?> arguments);

    /// <summary>The first row; <see langword="null"/> where there is none.</summary>
    public abstract T? Single<T>(string sql, Func<CatalogRow, T> read, params ReadOnlySpan<object?> arguments)
        where T : class;

    /// <inheritdoc cref="ICatalogView.CheckStructure"/>
    public abstract IReadOnlyList<string> CheckStructure(int most, CancellationToken cancellation);

    /// <inheritdoc cref="ICatalogView.CheckReferences"/>
    public abstract IReadOnlyList<(string Table, long? Row, string Missing)> CheckReferences();

    /// <inheritdoc cref="ICatalogView.VersionOfOthers"/>
    public abstract long VersionOfOthers();

    /// <inheritdoc cref="ICatalogWriter.Touch"/>
    public abstract void Touch();

    /// <inheritdoc/>
    public abstract void Dispose();
}
