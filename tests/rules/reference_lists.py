"""Reference lists as people paste them, of real works; with how each reference begins and ends.

Each list is (kind, text, [begin … end]).
"""

LISTS: list[tuple[str, str, list[str]]] = [
    ("APA, hanging", """\
Acemoglu, D., Johnson, S., & Robinson, J. A. (2001). The colonial origins of comparative
    development: An empirical investigation. American Economic Review, 91(5), 1369–1401.
Aghion, P., & Howitt, P. (1992). A model of growth through creative destruction.
    Econometrica, 60(2), 323–351.
Solow, R. M. (1956). A contribution to the theory of economic growth. Quarterly Journal of
    Economics, 70(1), 65–94.
""", ["Acemoglu, D. … 1369–1401.", "Aghion, P. … 323–351.", "Solow, R. … 65–94."]),
    ("APA, broken without indents, an address broken", """\
Acemoglu, D., Johnson, S., & Robinson, J. A. (2001). The colonial origins of
comparative development: An empirical investigation. American Economic Review,
91(5), 1369–1401. https://doi.org/10.1257/
aer.91.5.1369
Aghion, P., & Howitt, P. (1992). A model of growth through creative destruction.
Econometrica, 60(2), 323–351.
World Bank. (2019). World development report 2019. Washington, DC: World Bank.
van Praag, C. M., & Versloot, P. H. (2007). What is the value of
entrepreneurship? Small Business Economics, 29(4), 351–382.
""", ["Acemoglu, D. … 10.1257/aer.91.5.1369", "Aghion, P. … 323–351.",
      "World Bank. … World Bank.", "van Praag, C. … 351–382."]),
    ("Chicago, blank lines, the same author as a dash", """\
Bibliography

Coase, Ronald H. 1937. “The Nature of the Firm.” Economica 4 (16): 386–405.

———. 1960. “The Problem of Social Cost.” Journal of Law and Economics 3
(1): 1–44.

North, Douglass C. 1990. Institutions, Institutional Change and Economic Performance.
Cambridge: Cambridge University Press.
""", ["Coase, Ronald … 386–405.", "Coase, Ronald H. 1960. … 1–44.", "North, D … Press."]),
    ("Harvard, one a line", """\
Akerlof, G.A. (1970) 'The market for "lemons"', Quarterly Journal of Economics, 84(3), pp. 488–500.
Spence, M. (1973) 'Job market signaling', Quarterly Journal of Economics, 87(3), pp. 355–374.
Stiglitz, J.E. and Weiss, A. (1981) 'Credit rationing in markets with imperfect information', AER, 71(3), pp. 393–410.
""", ["Akerlof … 488–500.", "Spence … 355–374.", "Stiglitz … 393–410."]),  # noqa: E501
    ("Vancouver, numbered and broken", """\
1. Arrow KJ. Uncertainty and the welfare economics of medical care. Am Econ Rev.
   1963;53(5):941-73.
2. Grossman M. On the concept of health capital and the demand for health. J Polit
   Econ. 1972;80(2):223-55.
3. Newhouse JP. Medical care costs: how much welfare loss? J Econ Perspect.
   1992;6(3):3-21.
""", ["Arrow KJ. … 941-73.", "Grossman … 223-55.", "Newhouse … 3-21."]),
    ("Vancouver, no numbers, broken", """\
Arrow KJ. Uncertainty and the welfare economics of medical care. Am Econ
Rev. 1963;53(5):941-73.
Grossman M. On the concept of health capital and the demand for health.
J Polit Econ. 1972;80(2):223-55.
Newhouse JP. Medical care costs: how much welfare loss? J Econ
Perspect. 1992;6(3):3-21.
""", ["Arrow KJ. … 941-73.", "Grossman … 223-55.", "Newhouse … 3-21."]),
    ("IDEAS, one a line", """\
Paul M. Romer, 1990. "Endogenous Technological Change," Journal of Political Economy, University of Chicago Press, vol. 98(5), pages 71-102, October.
Robert E. Lucas Jr., 1988. "On the mechanics of economic development," Journal of Monetary Economics, Elsevier, vol. 22(1), pages 3-42, July.
Robert J. Barro & Xavier Sala-i-Martin, 1992. "Convergence," Journal of Political Economy, vol. 100(2), pages 223-251, April.
""", ["Paul … October.", "Robert E. … July.", "Robert J. … April."]),  # noqa: E501
    ("IDEAS, broken", """\
Paul M. Romer, 1990. "Endogenous Technological Change," Journal of
Political Economy, University of Chicago Press, vol. 98(5), pages
71-102, October.
Robert E. Lucas Jr., 1988. "On the mechanics of economic development,"
Journal of Monetary Economics, Elsevier, vol. 22(1), pages 3-42, July.
Robert J. Barro & Xavier Sala-i-Martin, 1992. "Convergence," Journal of
Political Economy, vol. 100(2), pages 223-251, April.
""", ["Paul … October.", "Robert E. … July.", "Robert J. … April."]),
    ("working papers, square numbers", """\
References
[1] Autor, D., Dorn, D. and Hanson, G. (2012). The China Syndrome. NBER Working Paper 18054.
[2] Card, D. and Krueger, A. (1993). Minimum Wages and Employment. NBER Working
Paper 4509.
[3] Chetty, R. (2008). Moral Hazard vs. Liquidity. NBER Working Paper 13967.
""", ["Autor … 18054.", "Card … Paper 4509.", "Chetty … 13967."]),
    ("round numbers, blank lines", """\
(1) Kydland, F. E., Prescott, E. C. 1977. Rules rather than discretion. JPE 85.

(2) Kydland, F. E., Prescott, E. C. 1982. Time to build and aggregate
fluctuations. Econometrica 50.

(3) Barro, R. J., Gordon, D. B. 1983. Rules, discretion and reputation. JME 12.
""", ["Kydland … 85.", "Kydland … 50.", "Barro … 12."]),
    ("numbers with a bracket and tabs, from Windows",
     "1)\tHotelling, H. (1929). Stability in Competition. Economic Journal 39.\r\n"
     "2)\tNash, J. (1950). The Bargaining Problem. Econometrica 18.\r\n"
     "3)\tSelten, R. (1965). Spieltheoretische Behandlung eines Oligopolmodells. ZgS 121.\r\n",
     ["Hotelling … 39.", "Nash … 18.", "Selten … 121."]),
    ("letters in brackets", """\
[AD54] K. J. Arrow and G. Debreu. Existence of an equilibrium for a
competitive economy. Econometrica, 22:265–290, 1954.
[Deb59] G. Debreu. Theory of Value. Wiley, New York, 1959.
[vNM44] J. von Neumann and O. Morgenstern. Theory of Games and Economic Behavior. 1944.
""", ["[AD54] K. … 1954.", "[Deb59] … 1959.", "[vNM44] … 1944."]),
    ("names in brackets", """\
[Becker 1968] Becker, G. S.: Crime and Punishment. Journal of Political Economy 76.
[Becker 1974] Becker, G. S.: A Theory of Social Interactions. Journal of Political
  Economy 82.
""", ["[Becker 1968] … 76.", "[Becker 1974] … Economy 82."]),
    ("bullets", """\
• Kahneman, D. and Tversky, A. (1979). Prospect theory. Econometrica 47, 263–291.
• Thaler, R. (1980). Toward a positive theory of consumer choice. JEBO 1, 39–60.
• Fehr, E. and Schmidt, K. M. (1999). A theory of fairness, competition, and
cooperation. QJE 114, 817–868.
""", ["Kahneman … 263–291.", "Thaler … 39–60.", "Fehr … 817–868."]),
    ("dashes as bullets", """\
– Marshall, A. (1890). Principles of Economics. London: Macmillan.
– Pigou, A. C. (1920). The Economics of Welfare. London: Macmillan.
""", ["Marshall … Macmillan.", "Pigou … Macmillan."]),
    ("stars as bullets", """\
* Keynes, J. M. (1936). The General Theory. London: Macmillan.
* Hicks, J. R. (1937). Mr. Keynes and the "Classics". Econometrica 5.
""", ["Keynes … Macmillan.", "Hicks … 5."]),
    ("German, hanging", """\
Literatur
Eucken, W. (1952): Grundsätze der Wirtschaftspolitik. Bern: Francke.
Müller-Armack, A. (1947): Wirtschaftslenkung und Marktwirtschaft.
   Hamburg: Verlag für Wirtschaft und Sozialpolitik.
von Hayek, F. A. (1945): The Use of Knowledge in Society. In: American
   Economic Review 35, S. 519–530.
""", ["Eucken … Francke.", "Müller-Armack … Sozialpolitik.", "von Hayek … 519–530."]),
    ("German, broken with hyphens", """\
Literaturverzeichnis

Böhm-Bawerk, E. von (1889): Positive Theorie des Kapitales. Innsbruck: Wag-
ner'sche Universitätsbuchhandlung.
Schumpeter, J. A. (1912): Theorie der wirtschaftlichen Entwicklung. Leip-
zig: Duncker & Humblot.
Weber, M. (1922): Wirtschaft und Gesellschaft. Tübingen: Mohr.
""", ["Böhm-Bawerk … Wagner'sche Universitätsbuchhandlung.",
      "Schumpeter … Leipzig: Duncker & Humblot.", "Weber … Mohr."]),
    ("French, blank lines", """\
Références

Allais, M. (1953). Le comportement de l’homme rationnel devant le risque. Econometrica, 21(4), 503-546.

Piketty, T. (2013). Le capital au XXIe siècle. Paris : Éditions du Seuil.

Tirole, J. (2016). Économie du bien commun. Paris : Presses universitaires de France.
""", ["Allais … 503-546.", "Piketty … Seuil.", "Tirole … France."]),  # noqa: E501
    ("Spanish, one a line", """\
Bibliografía
Prebisch, R. (1950). El desarrollo económico de la América Latina y algunos de sus principales problemas. CEPAL.
De Soto, H. (1986). El otro sendero: la revolución informal. Lima: El Barranco.
Furtado, C. (1961). Desarrollo y subdesarrollo. Buenos Aires: Eudeba.
""", ["Prebisch … CEPAL.", "De Soto … Barranco.", "Furtado … Eudeba."]),  # noqa: E501
    ("Russian, numbered", """\
Список литературы
1. Канторович Л. В. Экономический расчёт наилучшего использования ресурсов. М., 1959.
2. Кондратьев Н. Д. Большие циклы конъюнктуры // Вопросы конъюнктуры. 1925.
3. Чаянов А. В. Организация крестьянского хозяйства. М., 1925.
""", ["Канторович … 1959.", "Кондратьев … 1925.", "Чаянов … 1925."]),
    ("Russian, one a line", """\
Канторович Л. В. Экономический расчёт наилучшего использования ресурсов. М.: Изд-во АН СССР, 1959.
Кондратьев Н. Д. Большие циклы конъюнктуры // Вопросы конъюнктуры. 1925. № 1. С. 28–79.
Чаянов А. В. Организация крестьянского хозяйства. М.: Кооперативное издательство, 1925.
""", ["Канторович … 1959.", "Кондратьев … 28–79.", "Чаянов … 1925."]),
    ("Chinese, numbered", """\
参考文献
[1] 林毅夫. 新结构经济学[M]. 北京: 北京大学出版社, 2012.
[2] 陈强. 高级计量经济学及Stata应用[M]. 北京: 高等教育出版社, 2014.
""", ["林毅夫 … 2012.", "陈强 … 2014."]),
    ("Chinese, one a line", """\
林毅夫, 2012. 新结构经济学. 北京: 北京大学出版社.
陈强, 2014. 高级计量经济学及Stata应用. 北京: 高等教育出版社.
""", ["林毅夫 … 北京大学出版社.", "陈强 … 高等教育出版社."]),
    ("Chinese names in English", """\
Lin, J. Y. (1992). Rural reforms and agricultural growth in China. American Economic
Review, 82(1), 34–51.
Song, Z., Storesletten, K., & Zilibotti, F. (2011). Growing like China. American
Economic Review, 101(1), 196–233.
Xu, C. (2011). The fundamental institutions of China's reforms and development.
Journal of Economic Literature, 49(4), 1076–1151.
""", ["Lin … 34–51.", "Song … 196–233.", "Xu … 1076–1151."]),
    ("underscores for the same author", """\
Sen, A. (1970). Collective Choice and Social Welfare. San Francisco: Holden-Day.
_____ (1981). Poverty and Famines. Oxford: Clarendon Press.
_____ (1999). Development as Freedom. New York: Knopf.
""", ["Sen, A. (1970) … Holden-Day.", "Sen, A. (1981) … Press.", "Sen, A. (1999) … Knopf."]),
    ("in one line", "Akerlof, G. A. (1970). The market for lemons. Quarterly Journal of "
     "Economics, 84(3), 488-500. Arrow, K. J. (1963). Uncertainty and the welfare economics of "
     "medical care. American Economic Review, 53(5), 941-973. Rothschild, M., & Stiglitz, J. "
     "(1976). Equilibrium in competitive insurance markets. QJE, 90(4), 629-649.",
     ["Akerlof … 488-500.", "Arrow … 941-973.", "Rothschild … 629-649."]),
    ("in one line, numbered", "[1] G. S. Becker. Human Capital. New York: Columbia University "
     "Press, 1964. A classic of the economics of education and of labour. [2] J. Mincer. Schooling,"
     " Experience, and Earnings. New York: NBER, 1974. [3] T. W. Schultz. Investment in Human "
     "Capital. American Economic Review 51, 1961, a presidential address read in Saint Louis.",
     ["G. S. Becker … labour.", "J. Mincer … 1974.", "T. W. Schultz … Saint Louis."]),
    ("page numbers and running heads", """\
1. Ricardo, D. (1817). On the Principles of Political
Economy and Taxation. London: John Murray.
THE ECONOMIC PAST
- 41 -
2. Smith, A. (1776). An Inquiry into the Nature and
THE ECONOMIC PAST
- 42 -
Causes of the Wealth of Nations. London: Strahan.
""", ["Ricardo … Murray.", "Smith … and Causes of … Strahan."]),
    ("every line followed by a blank one", """\
Bertrand, M., Duflo, E., & Mullainathan, S. (2004). How much should we trust

differences-in-differences estimates? Quarterly Journal of Economics, 119(1),

249–275.

Imbens, G. W., & Angrist, J. D. (1994). Identification and estimation of local

average treatment effects. Econometrica, 62(2), 467–475.
""", ["Bertrand … 249–275.", "Imbens … 467–475."]),
    ("first lines indented", """\
    Deaton, A. (1997). The Analysis of Household Surveys. Baltimore: Johns
Hopkins University Press.
    Banerjee, A. and Duflo, E. (2011). Poor Economics. New York: Public
Affairs.
""", ["Deaton … University Press.", "Banerjee … Affairs."]),
    ("a blank line at a page's end only", """\
Mankiw, N. G., Romer, D., & Weil, D. N. (1992). A contribution to the
empirics of economic growth. Quarterly Journal of Economics, 107(2),

407–437.
Mincer, J. (1958). Investment in human capital and personal income
distribution. Journal of Political Economy, 66(4), 281–302.
Mundell, R. A. (1961). A theory of optimum currency areas. American
Economic Review, 51(4), 657–665.
""", ["Mankiw … 407–437.", "Mincer … 281–302.", "Mundell … 657–665."]),
    ("one reference, broken", """\
Diamond, P. A., & Mirrlees, J. A. (1971). Optimal taxation and public
production I: Production efficiency. American Economic Review, 61(1),
8–27.
""", ["Diamond … 8–27."]),
]  # fmt: skip
