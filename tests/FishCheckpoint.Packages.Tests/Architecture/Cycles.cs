namespace FishCheckpoint.Packages.Tests.Architecture;

/// <summary>The arrows between namespaces that are part of a cycle.</summary>
internal static class Cycles
{
    /// <summary>Every arrow from one namespace of an assembly to another that leads back to the first.</summary>
    public static IEnumerable<string> Of(CompiledAssembly assembly)
    {
        var own = assembly.Types.Select(type => type.Namespace).ToHashSet(StringComparer.Ordinal);
        var arrows = assembly.Types
            .SelectMany(type => type.Names.Where(named => own.Contains(named.Namespace) && named.Namespace != type.Namespace)
                .Select(named => (From: type.Namespace, To: named.Namespace)))
            .Distinct().ToLookup(arrow => arrow.From, arrow => arrow.To);
        var reached = own.ToDictionary(from => from, from => ReachedFrom(from, arrows));
        return own.SelectMany(from => arrows[from].Where(to => reached[to].Contains(from)).Select(to => $"{from} -> {to}"));
    }

    private static HashSet<string> ReachedFrom(string from, ILookup<string, string> arrows)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal);
        var left = new Stack<string>(arrows[from]);
        while (left.TryPop(out var next))
        {
            if (reached.Add(next))
            {
                foreach (var to in arrows[next])
                {
                    left.Push(to);
                }
            }
        }

        return reached;
    }
}
